/* detect: what a text is, told from its structure alone (internal to compress/).
 *
 * hr_detect in forms.h gives the verdict; the pieces below are shared with the compressors. All are
 * pure, allocate nothing and take time linear in what they read.
 */
#ifndef HR_COMPRESS_DETECT_H
#define HR_COMPRESS_DETECT_H

#include "compress/forms.h"

/* Languages told apart by hr_detect_lang. */
typedef enum hr_lang {
    HR_LANG_NONE,
    HR_LANG_PYTHON,
    HR_LANG_JAVASCRIPT,
    HR_LANG_TYPESCRIPT,
    HR_LANG_GO,
    HR_LANG_RUST,
    HR_LANG_JAVA,
    HR_LANG_C,
    HR_LANG_CPP,
    HR_LANG_CSHARP,
    HR_LANG_RUBY,
    HR_LANG_PHP,
    HR_LANG_BASH,
    HR_LANG_PERL,
    HR_LANG_CSS,
    HR_LANG_SQL,
    HR_LANG_COUNT
} hr_lang;

const char *hr_lang_name(hr_lang l); /* "python", …; "" for HR_LANG_NONE */
/* The language most lines speak, from the first 64 KiB; HR_LANG_NONE when it is no code. */
hr_lang hr_detect_lang(hr_str text);

/* A view of one line without escape sequences, cut to HR_LINE_VIEW bytes. */
enum { HR_LINE_VIEW = 512 };
typedef struct hr_line_view {
    char p[HR_LINE_VIEW];
    size_t n;
} hr_line_view;
/* Copies `line` without ANSI escape sequences, a closing CR and what a carriage return or backspace
 * inside the line overwrote. True if anything was taken out. */
bool hr_line_plain(hr_str line, hr_line_view *out);
/* Length of the escape sequence at s[0] (CSI, OSC or two-byte), 0 if there is none. */
size_t hr_ansi_len(hr_str s);

/* Length of a date, a time or both at s[0], 0 if there is none. */
size_t hr_time_len(hr_str s);

/* How severe a line says it is. */
typedef enum hr_level {
    HR_LEVEL_NONE,
    HR_LEVEL_TRACE, /* trace, debug */
    HR_LEVEL_INFO,
    HR_LEVEL_WARN,
    HR_LEVEL_ERROR, /* error, failure, fatal, panic */
} hr_level;

/* Level by whole words: upper-case words and words in a level's place ("error:", "[warn]") count
 * anywhere, others do not ("0 errors" is no error). */
hr_level hr_line_level(hr_str line);

/* One JSON text or a sequence of them. */
typedef struct hr_json_shape {
    size_t values;  /* complete top-level values that are objects or arrays */
    size_t good;    /* bytes that follow the grammar */
    bool whole;     /* nothing but white space follows the last value */
    bool truncated; /* the text ends inside a value, without a mistake before */
} hr_json_shape;
hr_json_shape hr_detect_json(hr_str text);
/* Lists and dictionaries as Python prints them, or JSON with NaN in it; `good` bytes are JSON. */
bool hr_detect_nearly_json(hr_str text, size_t good);

/* Families of line shapes; see detect_lines.c. */
typedef struct hr_shape_counts {
    size_t lines, filled, bytes, longest;
    size_t ansi;
    size_t diff_head, diff_hunk, diff_change;
    size_t grep, grep_context, grep_head, grep_count, grep_plain, lint, last_head;
    size_t numbered, last_number; /* lines numbered one after the other */
    size_t stamped, levelled, kv;
    size_t build, build_strong, build_sure;
    size_t json_member, json_row, spaces, top, top_stamped;
    bool after_heading, after_subheading;
    size_t trace, trace_head;
    size_t mode, tree, path, dir_head, sized_path;
    size_t table_row, table_rule, columns, numeric_row;
    size_t yaml_key, yaml_item, yaml_deep, yaml_doc;
    size_t tag, hexdump, base64, sentence, heading, subheading, metric, md, fences;
    size_t commas, tabs, semicolons, csv_lines[3];
    /* for detect_build.c: an index of its marks, and what those of the present line tell */
    uint8_t first_mark[256], next_mark[64];
    unsigned told;
} hr_shape_counts;

void hr_shape_line(hr_shape_counts *c, hr_str line);

#endif
