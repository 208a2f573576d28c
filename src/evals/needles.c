/* The needle grid: size x content x kind of needle x position. */
#include "evals/gen.h"
#include "evals/suites.h"

static const size_t sizes[] = {50, 200, 1000, 5000};

/* What must be visible, not only retrievable: nobody looks for a failure they were not shown. A
 * number in a line of source code that a search found is no measurement, so its size says nothing
 * there. */
static bool must_see(hr_content c, hr_needle_kind k)
{
    return k == HR_NEEDLE_ERROR || k == HR_NEEDLE_QUERY ||
           (k == HR_NEEDLE_OUTLIER && c != HR_CONTENT_SEARCH);
}

static void one(hr_meter *m, hr_suite *s, const hr_doc *doc, hr_content content,
                hr_needle_kind kind, size_t rows, unsigned percent)
{
    hr_measured d;
    hr_case c = {0};
    hr_str name = hr_strf(m->scratch, "%s, %s at %u %% of %zu rows", hr_content_name(content),
                          hr_needle_name(kind), percent, rows);
    hr_measure(m, doc->text, doc->query, &d);
    c.tokens = hr_measured_tokens(&d);
    c.failed = !hr_measure_sound(m, s, &d, name);
    for (size_t i = 0; i < doc->nneedles; i++) {
        hr_found f = hr_measure_find(&d, doc->needles[i]);
        hr_tally_add(&c.evidence, f);
        if (f == HR_FOUND_LOST || (f != HR_FOUND_VISIBLE && must_see(content, kind))) {
            c.failed = true;
            hr_suite_fail(m->r, s, "%.*s: '%.*s' is %s (%s)", HR_FMT(name), HR_FMT(doc->needles[i]),
                          f == HR_FOUND_LOST ? "lost" : "not visible", hr_reason_code(d.c.reason));
        }
    }
    const hr_label labels[] = {{"content", hr_cstr(hr_content_name(content))},
                               {"needle", hr_cstr(hr_needle_name(kind))},
                               {"rows", hr_strf(m->scratch, "%zu", rows)},
                               {"position", hr_strf(m->scratch, "%u%%", percent)}};
    hr_suite_case(m->r, s, &c, labels, 4);
}

void hr_suite_needles(hr_meter *m, const hr_evals_in *in)
{
    static const unsigned percents[] = {0, 25, 50, 75, 100};
    hr_suite *s = hr_report_suite(
        m->r, "needles",
        "One needle in generated documents: sizes x content x kind of needle x position. Failures, "
        "outliers and ids asked for must be visible, the rest visible or retrievable.");
    hr_arena_mark mark = hr_arena_save(m->scratch);
    for (size_t z = 0; s && z < sizeof(sizes) / sizeof(*sizes); z++) {
        if (sizes[z] > in->max_rows)
            continue;
        for (int content = 0; content < HR_CONTENT_COUNT; content++) {
            for (int kind = 0; kind < HR_NEEDLE_COUNT; kind++) {
                for (size_t p = 0; p < 5; p++) {
                    bool end = percents[p] == 0 || percents[p] == 100;
                    if ((kind == HR_NEEDLE_LAST && percents[p] != 100) ||
                        (kind == HR_NEEDLE_CHANGE && end) || (sizes[z] > 1000 && p != 2 && p != 4))
                        continue;
                    hr_doc doc;
                    uint64_t seed = in->seed * 1000003 + z * 1009 + (unsigned)content * 101 +
                                    (unsigned)kind * 11 + p;
                    if (hr_gen_doc(seed, (hr_content)content, (hr_needle_kind)kind, sizes[z],
                                   percents[p], m->scratch, &doc))
                        one(m, s, &doc, (hr_content)content, (hr_needle_kind)kind, sizes[z],
                            percents[p]);
                    hr_arena_restore(m->scratch, mark);
                }
            }
        }
    }
}
