/* Mixed content: a text is cut into sections of one kind each, at line borders, so that putting the
 * sections one behind the other gives the text again byte for byte. */
#include "compress/detect/detect_sections.h"

enum {
    HEAD_LINES = 12,       /* a wrapper's head is short */
    JSON_MIN = 200,        /* smaller JSON inside other text stays where it is */
    SCAN_FACTOR = 4,       /* bytes spent on JSON attempts, in multiples of the text */
    HR_SECTIONS_MAX = 256, /* beyond that the text is one section */
};

typedef struct splitter {
    hr_str text;
    hr_arena *a;
    hr_sections *out;
    size_t plain;  /* start of the plain lines not yet put into a section */
    size_t budget; /* bytes that JSON attempts may still read */
    bool full;
} splitter;

static void put(splitter *s, size_t start, size_t end, hr_section_kind kind)
{
    if (end <= start || s->full)
        return;
    hr_section *last = s->out->n ? &s->out->p[s->out->n - 1] : NULL;
    if (last && last->kind == kind && kind != HR_SECTION_PLAIN) {
        last->end = end;
        return;
    }
    if (s->out->n >= HR_SECTIONS_MAX) {
        s->full = true;
        return;
    }
    hr_section *sec = hr_vec_push(s->out, s->a);
    if (sec)
        *sec = (hr_section){start, end, kind};
    else
        s->full = true;
}

static void flush(splitter *s, size_t upto)
{
    put(s, s->plain, upto, HR_SECTION_PLAIN);
    s->plain = upto;
}

/* End of the line that starts at i, behind its LF. */
static size_t line_end(hr_str t, size_t i)
{
    size_t n = hr_str_find_char(hr_str_sub(t, i, t.n), '\n');
    return n == SIZE_MAX ? t.n : i + n + 1;
}

static hr_str line_at(hr_str t, size_t i, size_t end)
{
    hr_str l = hr_str_sub(t, i, end);
    while (l.n && (l.p[l.n - 1] == '\n' || l.p[l.n - 1] == '\r'))
        l.n--;
    return l;
}

/* The lines that agents' own shells put in front of an output: Codex's "Chunk ID … Output:", an
 * exit code, a wall time. Returns the bytes of the head, 0 if there is none. */
size_t hr_wrapper_head(hr_str t)
{
    static const char *const lines[] = {
        "Chunk ID:",
        "Wall time",
        "Process exited",
        "Process running",
        "Original token count",
        "Exit code",
        "exit code",
        "Total output",
        "Output:",
        "Command:",
        "Stdout:",
        "STDOUT:",
        "<stdout>",
        "<output>",
        "[Command finished",
        "Duration:",
        "Warning: truncated output",
    };
    size_t i = 0, head = 0;
    for (size_t k = 0; k < HEAD_LINES && i < t.n; k++) {
        size_t end = line_end(t, i);
        hr_str l = line_at(t, i, end);
        bool known = false;
        for (size_t j = 0; j < sizeof lines / sizeof *lines; j++)
            known |= hr_str_starts(l, hr_cstr(lines[j]));
        if (known && l.n < 120)
            head = end;
        else if (l.n > 0 || head == 0)
            break;
        i = end;
    }
    return head;
}

/* Bytes of the JSON value at i when it stands alone on its lines, else 0. */
static size_t json_here(splitter *s, size_t i)
{
    char c = s->text.p[i];
    if ((c != '{' && c != '[') || s->budget == 0)
        return 0;
    size_t k = i + 1;
    while (k < s->text.n && hr_is_space(s->text.p[k]))
        k++;
    char next = k < s->text.n ? s->text.p[k] : '\0';
    if (next == '\0' || !(c == '{' ? next == '"' : strchr("{[\"-0123456789tfn", next) != NULL))
        return 0;
    hr_str rest = hr_str_sub(s->text, i, s->text.n);
    size_t used = 0;
    bool good = hr_detect_json_value(rest, &used);
    size_t cost = used + 16;
    s->budget -= cost < s->budget ? cost : s->budget;
    if (!good)
        return 0;
    size_t end = line_end(s->text, i + used);
    return hr_str_trim(hr_str_sub(s->text, i + used, end)).n == 0 ? end - i : 0;
}

static bool is_fence(hr_str line)
{
    return hr_str_starts(line, HR_STR("```")) || hr_str_starts(line, HR_STR("~~~"));
}

static bool is_prompt(hr_str l)
{
    return l.n > 2 && l.n < 2000 &&
           (hr_str_starts(l, HR_STR("$ ")) || hr_str_starts(l, HR_STR("sqlite> ")) ||
            hr_str_starts(l, HR_STR("==> "))) &&
           !hr_is_space(l.p[2]);
}

/* A fenced block: its fence lines stay, its inside is a section. Returns where to go on. */
static size_t fenced(splitter *s, size_t i, size_t end)
{
    char fence[3];
    memcpy(fence, s->text.p + i, 3);
    for (size_t j = end; j < s->text.n;) {
        size_t e = line_end(s->text, j);
        hr_str l = line_at(s->text, j, e);
        if (l.n >= 3 && memcmp(l.p, fence, 3) == 0) {
            flush(s, i);
            put(s, i, end, HR_SECTION_FIXED);
            put(s, end, j, HR_SECTION_FENCED);
            put(s, j, e, HR_SECTION_FIXED);
            s->plain = e;
            return e;
        }
        j = e;
    }
    return end; /* never closed: an ordinary line */
}

hr_err hr_split_sections(hr_str text, unsigned how, hr_arena *a, hr_sections *out)
{
    memset(out, 0, sizeof *out);
    splitter s = {.text = text, .a = a, .out = out, .budget = SCAN_FACTOR * text.n + 64};
    size_t i = 0;
    bool fences = true;
    if (how & HR_SPLIT_HEAD) {
        i = hr_wrapper_head(text);
        put(&s, 0, i, HR_SECTION_FIXED);
        s.plain = i;
    }
    while (i < text.n && !s.full) {
        size_t end = line_end(text, i);
        hr_str l = line_at(text, i, end);
        size_t n = how & HR_SPLIT_JSON ? json_here(&s, i) : 0;
        if (n >= JSON_MIN ||
            (n && out->n && s.plain == i && out->p[out->n - 1].kind == HR_SECTION_JSON)) {
            flush(&s, i);
            put(&s, i, i + n, HR_SECTION_JSON);
            s.plain = i + n;
            end = i + n;
        } else if (n) {
            end = i + n; /* small: skip over its inside */
        } else if ((how & HR_SPLIT_FENCES) && fences && is_fence(l)) {
            size_t next = fenced(&s, i, end);
            fences = next != end; /* one that never closes: no other can be told from it */
            end = next;
        } else if ((how & HR_SPLIT_PROMPTS) && is_prompt(l)) {
            flush(&s, i);
            put(&s, i, end, HR_SECTION_FIXED);
            s.plain = end;
        }
        i = end;
    }
    flush(&s, text.n);
    if (s.full) {
        memset(out, 0, sizeof *out);
        s.full = false;
        put(&s, 0, text.n, HR_SECTION_PLAIN);
    }
    return a->failed ? HR_E_NOMEM : HR_OK;
}
