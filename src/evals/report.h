/* report: what an evaluation found, and its four printed forms.
 *
 * A suite is a list of cases. Every case counts in one or more groups ("content" "log", "needle"
 * "error", "rows" "5000"); the group {"", "all"} has them all. Evidence is what the answer of a
 * question rests on; each piece is visible in the compressed text, retrievable (the hash in the
 * text was resolved through the store and the bytes were those of the input), or lost.
 */
#ifndef HR_EVALS_REPORT_H
#define HR_EVALS_REPORT_H

#include "base/buf.h"
#include "base/vec.h"
#include "evals/stats.h"

typedef struct hr_tally {
    uint64_t visible, retrievable, lost;
} hr_tally;

static inline uint64_t hr_tally_total(const hr_tally *t)
{
    return t->visible + t->retrievable + t->lost;
}

typedef struct hr_group {
    hr_str by, name;
    size_t cases, failed;
    hr_tally evidence;
    HR_VEC(hr_pair) tokens; /* one a case */
} hr_group;

/* Sums over the cases. */
hr_pair hr_group_tokens(const hr_group *g);

typedef struct hr_check { /* a property, and how often it held */
    hr_str name;
    uint64_t held, total;
} hr_check;

typedef struct hr_point { /* of a curve */
    hr_str label;
    double saved, visible, found; /* shares; found: visible or retrievable */
} hr_point;

typedef struct hr_cell_sum { /* adversarial: one payload class */
    hr_str name;
    uint64_t cells, survived, suppressed;
    double benign;      /* mean survival of ordinary lines */
    double suppression; /* mean loss of saving, in shares */
} hr_cell_sum;

typedef struct hr_suite {
    hr_str name, about;
    HR_VEC(hr_group) groups; /* groups.p[0] is all */
    HR_VEC(hr_check) checks;
    HR_VEC(hr_point) curve;
    HR_VEC(hr_cell_sum) classes;
    HR_VEC(hr_str) failures, notes; /* at most HR_MOST_FAILURES lines of failures */
    size_t nfailures;
    uint64_t skipped; /* inputs that could not be used */
} hr_suite;

enum { HR_MOST_FAILURES = 40 };

typedef struct hr_report {
    hr_arena *a;
    hr_str tokenizer;
    bool exact;
    uint64_t seed;
    HR_VEC(hr_suite *) suites;
    HR_VEC(hr_str) skipped; /* evaluations that need a model, and why they did not run */
} hr_report;

/* Building. All tolerate a full arena: the report's arena says so in `failed`. */
hr_suite *hr_report_suite(hr_report *r, const char *name, const char *about);
typedef struct hr_label {
    const char *by;
    hr_str name;
} hr_label;
typedef struct hr_case {
    hr_pair tokens;
    hr_tally evidence;
    bool failed;
} hr_case;
/* Counts the case in "all" and in the n groups. */
void hr_suite_case(hr_report *r, hr_suite *s, const hr_case *c, const hr_label *labels, size_t n);
/* Counts it in one group and not in "all": a part of a case that is counted there. Nothing when it
 * has no evidence. */
void hr_suite_in(hr_report *r, hr_suite *s, const hr_case *c, hr_label label);
/* One more trial of a property. */
void hr_suite_check(hr_report *r, hr_suite *s, const char *name, bool held);
void hr_suite_fail(hr_report *r, hr_suite *s, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void hr_suite_note(hr_report *r, hr_suite *s, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
bool hr_report_passed(const hr_report *r);

/* brief: one line a suite, and the failures. */
void hr_report_text(const hr_report *r, bool brief, hr_buf *b);
/* One JSON object; seconds < 0 leaves the duration out. */
void hr_report_json(const hr_report *r, double seconds, hr_buf *b);
/* Headings and one table, a row a suite; then what failed. */
void hr_report_markdown(const hr_report *r, hr_buf *b);
/* A page that needs nothing else: styles inside, plots as SVG, no scripts. */
void hr_report_html(const hr_report *r, hr_buf *b);
/* html_plot.c */
void hr_html_text(hr_buf *b, hr_str s);
void hr_html_bars(hr_buf *b, const hr_suite *s, hr_str by, uint64_t seed);
void hr_html_curve(hr_buf *b, const hr_suite *s);

#endif
