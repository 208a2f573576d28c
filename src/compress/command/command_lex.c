/* The lexical part of a POSIX shell (XCU 2.3): words, quotes, operators, here-documents, comments.
 */
#include "compress/command/command_lex.h"

enum { HEREDOCS = 8 };

typedef struct lexer {
    hr_str s;
    size_t at;
    hr_arena *a;
    hr_script *out;
    char *room; /* for decoded words: as many bytes as the text has */
    size_t used;
    hr_str heredoc[HEREDOCS]; /* delimiters whose bodies follow the next line break */
    bool heredoc_tabs[HEREDOCS];
    size_t nheredocs;
    hr_simple cmd; /* being read */
    bool ok;
} lexer;

static char peek(const lexer *x, size_t ahead)
{
    return x->at + ahead < x->s.n ? x->s.p[x->at + ahead] : '\0';
}

static void keep(lexer *x, char c)
{
    x->room[x->used++] = c;
}

/* Copies a quoted part; x->at is at the opening quote. */
static void quoted(lexer *x)
{
    char q = x->s.p[x->at++];
    while (x->at < x->s.n && x->s.p[x->at] != q) {
        if (q == '"' && x->s.p[x->at] == '\\' && x->at + 1 < x->s.n &&
            strchr("\"\\$`\n", x->s.p[x->at + 1]) && x->s.p[x->at + 1]) {
            x->at++;
            if (x->s.p[x->at] == '\n') {
                x->at++;
                continue;
            }
        }
        keep(x, x->s.p[x->at++]);
    }
    if (x->at < x->s.n)
        x->at++;
}

/* Copies "$(…)", "${…}" or "<(…)" as it stands; x->at is at the opening bracket. */
static void nested(lexer *x, char open, char close)
{
    size_t depth = 0;
    char q = 0;
    while (x->at < x->s.n) {
        char c = x->s.p[x->at];
        keep(x, c);
        x->at++;
        if (c == '\\' && q != '\'' && x->at < x->s.n) {
            keep(x, x->s.p[x->at++]);
        } else if (q) {
            q = c == q ? 0 : q;
        } else if (c == '\'' || c == '"') {
            q = c;
        } else if (c == open) {
            depth++;
        } else if (c == close && --depth == 0) {
            return;
        }
    }
}

static bool ends_word(char c)
{
    return hr_is_space(c) || c == ';' || c == '&' || c == '|' || c == '<' || c == '>' || c == '(' ||
           c == ')';
}

/* One word from x->at on, decoded. */
static hr_str word(lexer *x)
{
    size_t start = x->used;
    while (x->at < x->s.n) {
        char c = x->s.p[x->at];
        if (c == '\'' || c == '"') {
            quoted(x);
        } else if (c == '\\') {
            if (peek(x, 1) != '\n' && x->at + 1 < x->s.n)
                keep(x, x->s.p[x->at + 1]);
            x->at += 2;
        } else if (c == '$' && (peek(x, 1) == '\'' || peek(x, 1) == '"')) {
            x->at++;
        } else if (c == '$' && (peek(x, 1) == '(' || peek(x, 1) == '{')) {
            keep(x, c);
            x->at++;
            nested(x, x->s.p[x->at], x->s.p[x->at] == '(' ? ')' : '}');
        } else if (c == '`') {
            keep(x, c);
            for (x->at++; x->at < x->s.n && x->s.p[x->at] != '`'; x->at++)
                keep(x, x->s.p[x->at]);
            if (x->at < x->s.n)
                keep(x, x->s.p[x->at++]);
        } else if (ends_word(c)) {
            break;
        } else {
            keep(x, c);
            x->at++;
        }
    }
    if (x->at > x->s.n)
        x->at = x->s.n;
    return hr_str_of(x->room + start, x->used - start);
}

/* Skips the bodies that belong to the here-documents of the line just ended. */
static void heredoc_bodies(lexer *x)
{
    for (size_t i = 0; i < x->nheredocs; i++) {
        hr_str rest = hr_str_sub(x->s, x->at, x->s.n), line;
        while (hr_str_line(&rest, &line)) {
            x->at = (size_t)(line.p - x->s.p) + line.n + 1;
            while (x->heredoc_tabs[i] && line.n && line.p[0] == '\t')
                line = hr_str_sub(line, 1, line.n);
            if (hr_str_eq(line, x->heredoc[i]))
                break;
        }
        if (x->at > x->s.n)
            x->at = x->s.n;
    }
    x->nheredocs = 0;
}

static void end_command(lexer *x, bool pipe)
{
    if (x->cmd.n) {
        hr_simple *slot = hr_vec_push(&x->out->cmds, x->a);
        x->ok &= slot != NULL;
        if (slot)
            *slot = x->cmd;
    }
    x->cmd = (hr_simple){.first = x->out->words.n, .piped = pipe};
}

static void skip_blanks(lexer *x)
{
    while (x->at < x->s.n && (x->s.p[x->at] == ' ' || x->s.p[x->at] == '\t'))
        x->at++;
}

/* A redirection from x->at ('<' or '>') on; fd is the number in front of it, -1 for none. */
static void redirect(lexer *x, int fd)
{
    bool out = x->s.p[x->at] == '>';
    if (!out && peek(x, 1) == '<' && peek(x, 2) != '<') {
        x->at += 2;
        bool tabs = peek(x, 0) == '-';
        x->at += tabs;
        skip_blanks(x);
        hr_str end = word(x);
        if (x->nheredocs < HEREDOCS) {
            x->heredoc_tabs[x->nheredocs] = tabs;
            x->heredoc[x->nheredocs++] = end;
        }
        return;
    }
    while (peek(x, 0) == '<' || peek(x, 0) == '>')
        x->at++;
    bool copy = peek(x, 0) == '&';
    x->at += copy || peek(x, 0) == '|';
    skip_blanks(x);
    if (peek(x, 0) == '(') { /* > >(cmd) */
        nested(x, '(', ')');
        return;
    }
    (void)word(x);
    if (out && !copy && (fd == -1 || fd == 1))
        x->cmd.to_file = true;
}

static void add_word(lexer *x)
{
    size_t at = x->at;
    hr_str w = word(x);
    bool number = w.n == 1 && hr_is_digit(w.p[0]) && x->at == at + 1;
    if (number && (peek(x, 0) == '<' || peek(x, 0) == '>')) {
        redirect(x, w.p[0] - '0');
        return;
    }
    hr_str *slot = hr_vec_push(&x->out->words, x->a);
    x->ok &= slot != NULL;
    if (!slot)
        return;
    *slot = w;
    x->cmd.n++;
}

/* An operator or a redirection at x->at. */
static void operator(lexer *x)
{
    char c = x->s.p[x->at], next = peek(x, 1);
    if (c == '&' && next == '>') {
        x->at++;
        redirect(x, -1);
    } else if ((c == '<' || c == '>') && next == '(') {
        hr_str *slot = hr_vec_push(&x->out->words, x->a);
        x->ok &= slot != NULL;
        size_t start = x->used;
        x->at++;
        nested(x, '(', ')');
        if (slot) {
            *slot = hr_str_of(x->room + start, x->used - start);
            x->cmd.n++;
        }
    } else if (c == '<' || c == '>') {
        redirect(x, c == '<' ? 0 : -1);
    } else {
        bool pipe = c == '|' && next != '|';
        x->at += next && ((c == '|' && (next == '|' || next == '&')) || (c == '&' && next == '&') ||
                          (c == ';' && next == ';'))
                     ? 2
                     : 1;
        end_command(x, pipe);
    }
}

bool hr_script_lex(hr_str text, hr_arena *a, hr_script *out)
{
    lexer x = {.s = text, .a = a, .out = out, .room = hr_alloc(a, text.n + 1), .ok = true};
    if (!x.room)
        return false;
    x.cmd.first = out->words.n;
    while (x.at < text.n && x.ok) {
        char c = text.p[x.at];
        if (c == '\n') {
            x.at++;
            /* a pipe at the end of a line goes on below */
            end_command(&x, x.cmd.n == 0 && x.cmd.piped);
            heredoc_bodies(&x);
        } else if (hr_is_space(c)) {
            x.at++;
        } else if (c == '#') {
            while (x.at < text.n && text.p[x.at] != '\n')
                x.at++;
        } else if (ends_word(c)) {
            operator(&x);
        } else {
            add_word(&x);
        }
    }
    end_command(&x, false);
    return x.ok;
}
