/* Plots of the HTML report, as SVG. */
#include "evals/report.h"

enum { ROW = 22, LEFT = 190, WIDTH = 420, RIGHT = 150 };

void hr_html_text(hr_buf *b, hr_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        switch (s.p[i]) {
        case '<':
            hr_buf_lit(b, "&lt;");
            break;
        case '>':
            hr_buf_lit(b, "&gt;");
            break;
        case '&':
            hr_buf_lit(b, "&amp;");
            break;
        case '"':
            hr_buf_lit(b, "&quot;");
            break;
        default:
            hr_buf_addc(b, (unsigned char)s.p[i] < 0x20 && s.p[i] != '\n' ? ' ' : s.p[i]);
        }
    }
}

static double x_of(double share)
{
    return LEFT + WIDTH * (share < 0 ? 0 : share > 1 ? 1 : share);
}

static void bar(hr_buf *b, const char *class, double from, double to, size_t y, const char *what)
{
    if (to > from)
        hr_buf_addf(b,
                    "<rect class=\"%s\" x=\"%.1f\" y=\"%zu\" width=\"%.1f\" height=\"12\"><title>"
                    "%s %.1f %%</title></rect>",
                    class, x_of(from), y, x_of(to) - x_of(from), what, 100 * (to - from));
}

/* Evidence of the groups of one heading as stacked bars, with the interval of what is visible, and
 * what was saved as text and dot. */
void hr_html_bars(hr_buf *b, const hr_suite *s, hr_str by, uint64_t seed)
{
    size_t rows = 0, y = 20;
    for (size_t i = 0; i < s->groups.n; i++)
        rows += hr_str_eq(s->groups.p[i].by, by);
    hr_buf_addf(b,
                "<svg viewBox=\"0 0 %d %zu\" role=\"img\"><text class=\"h\" x=\"%d\" y=\"12\">%.*s"
                "</text><text class=\"h\" x=\"%d\" y=\"12\">tokens saved</text>",
                LEFT + WIDTH + RIGHT, 24 + rows * ROW, LEFT, HR_FMT(by.n ? by : HR_STR("all")),
                LEFT + WIDTH + 10);
    for (size_t i = 0; i < s->groups.n; i++) {
        const hr_group *g = &s->groups.p[i];
        double n = (double)hr_tally_total(&g->evidence);
        if (!hr_str_eq(g->by, by))
            continue;
        hr_buf_addf(b, "<text class=\"l\" x=\"%d\" y=\"%zu\">", LEFT - 8, y + 11);
        hr_html_text(b, g->name);
        hr_buf_lit(b, "</text>");
        if (n > 0) {
            double v = (double)g->evidence.visible / n;
            double r = v + (double)g->evidence.retrievable / n;
            hr_interval w = hr_wilson(g->evidence.visible, hr_tally_total(&g->evidence));
            bar(b, "v", 0, v, y, "visible");
            bar(b, "r", v, r, y, "retrievable");
            bar(b, "x", r, 1, y, "lost");
            hr_buf_addf(b, "<line class=\"w\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%zu\" y2=\"%zu\"/>",
                        x_of(w.low), x_of(w.high), y + 6, y + 6);
        }
        hr_interval c = hr_saved_interval(g->tokens.p, g->tokens.n, seed);
        if (g->tokens.n && g->tokens.p[0].before)
            hr_buf_addf(b, "<text x=\"%d\" y=\"%zu\">%.1f %% (%.1f–%.1f)</text>", LEFT + WIDTH + 10,
                        y + 11, 100 * hr_saved_share(g->tokens.p, g->tokens.n), 100 * c.low,
                        100 * c.high);
        y += ROW;
    }
    hr_buf_lit(b, "</svg>\n");
}

/* Found and visible against saved. */
void hr_html_curve(hr_buf *b, const hr_suite *s)
{
    enum { W = 420, H = 220, X = 50, Y = 14 };
    hr_buf_addf(
        b,
        "<svg viewBox=\"0 0 %d %d\" class=\"curve\" role=\"img\"><rect class=\"f\" x=\"%d\" "
        "y=\"%d\" width=\"%d\" height=\"%d\"/>",
        X + W + 40, Y + H + 40, X, Y, W, H);
    for (int i = 0; i <= 4; i++)
        hr_buf_addf(b,
                    "<text class=\"l\" x=\"%d\" y=\"%d\">%d %%</text><text x=\"%d\" y=\"%d\">%d "
                    "%%</text>",
                    X - 6, Y + H - i * H / 4 + 4, i * 25, X + i * W / 4 - 10, Y + H + 16, i * 25);
    for (int which = 0; which < 2; which++) {
        hr_buf_addf(b, "<polyline class=\"%s\" points=\"", which ? "cf" : "cv");
        for (size_t i = 0; i < s->curve.n; i++)
            hr_buf_addf(b, "%.1f,%.1f ", X + W * s->curve.p[i].saved,
                        Y + H * (1 - (which ? s->curve.p[i].found : s->curve.p[i].visible)));
        hr_buf_lit(b, "\"/>");
    }
    for (size_t i = 0; i < s->curve.n; i++) {
        hr_buf_addf(b, "<circle class=\"cv\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"><title>",
                    X + W * s->curve.p[i].saved, Y + H * (1 - s->curve.p[i].visible));
        hr_html_text(b, s->curve.p[i].label);
        hr_buf_addf(b, ": %.1f %% saved, %.1f %% visible</title></circle>",
                    100 * s->curve.p[i].saved, 100 * s->curve.p[i].visible);
    }
    hr_buf_addf(b,
                "<text x=\"%d\" y=\"%d\">tokens saved →  lines: found (dashed), visible</text>"
                "</svg>\n",
                X + 90, Y + H + 34);
}
