/* The program behind an output, from commands as agents write them. */
#include "compress/command/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static hr_arena arena;

static hr_command parse(const char *line)
{
    return hr_command_parse(hr_cstr(line), &arena);
}

static void is(const char *line, hr_program p, const char *sub)
{
    hr_command c = parse(line);
    if (c.program != p || !hr_str_eq(c.sub, hr_cstr(sub)))
        fail_msg("%s: %.*s %.*s", line, HR_FMT(hr_program_name(c.program)), HR_FMT(c.sub));
}

static void plain_commands(void **state)
{
    (void)state;
    is("pytest -q", HR_PROGRAM_PYTEST, "");
    is("/usr/bin/find . -name '*.c'", HR_PROGRAM_FIND, "");
    is("./node_modules/.bin/jest --ci", HR_PROGRAM_JEST, "");
    is("go test ./...", HR_PROGRAM_GO, "test");
    is("gcc-12 -c a.c", HR_PROGRAM_GCC, "");
    is("aarch64-linux-gnu-gcc -c a.c", HR_PROGRAM_GCC, "");
    is("pip3 install x", HR_PROGRAM_PIP, "install");
    is("git -C sub -c color.ui=never --no-pager log --stat", HR_PROGRAM_GIT, "log");
    is("kubectl -n kube-system get pods -o wide", HR_PROGRAM_KUBECTL, "get");
    is("npm --prefix web run build", HR_PROGRAM_NPM, "run");
    is("python3.11 script.py", HR_PROGRAM_PYTHON, "script.py");
    is("frobnicate --all", HR_PROGRAM_UNKNOWN, "");
    is("", HR_PROGRAM_UNKNOWN, "");
    assert_true(hr_str_eq(parse("npm run build").object, HR_STR("build")));
    assert_true(hr_str_eq(parse("kubectl get pods -A").object, HR_STR("pods")));
    assert_true(hr_str_eq(parse("bin/frobnicate --all").name, HR_STR("frobnicate")));
}

static void wrappers(void **state)
{
    (void)state;
    is("sudo -u build -E make -j4", HR_PROGRAM_MAKE, "");
    is("A=1 B='x y' env -u C D=2 timeout -s KILL 60 nice -n 5 pytest", HR_PROGRAM_PYTEST, "");
    is("nohup stdbuf -oL cargo test", HR_PROGRAM_CARGO, "test");
    is("bash -lc 'cd x && pytest -q 2>&1 | tail -50'", HR_PROGRAM_PYTEST, "");
    is("sh -ec \"bash -c 'ls -la'\"", HR_PROGRAM_LS, "");
    is("uv run --with x pytest", HR_PROGRAM_PYTEST, "");
    is("poetry run python -m pytest tests", HR_PROGRAM_PYTEST, "");
    is("python -W error -m unittest -v", HR_PROGRAM_UNITTEST, "");
    is("python -m pip list", HR_PROGRAM_PIP, "list");
    is("npx -y vitest run", HR_PROGRAM_VITEST, "");
    is("yarn jest", HR_PROGRAM_JEST, "");
    is("yarn run vitest", HR_PROGRAM_VITEST, "");
    is("pnpm exec tsc --noEmit", HR_PROGRAM_TSC, "");
    is("pnpm ls", HR_PROGRAM_PNPM, "ls");
    is("node --require x node_modules/mocha/bin/mocha.js", HR_PROGRAM_MOCHA, "");
    is("bundle exec rspec", HR_PROGRAM_RSPEC, "");
    is("uv pip list", HR_PROGRAM_UV, "pip");
    is("env", HR_PROGRAM_ENV, "");
    is("env | sort", HR_PROGRAM_ENV, "");
    is("git ls-files | xargs -n 1 wc -l", HR_PROGRAM_WC, "");
    is("find . -name x -exec grep -n y {} +", HR_PROGRAM_GREP, "");
    is("docker exec web ls -la", HR_PROGRAM_DOCKER, "exec");
    is("time (cd a; make)", HR_PROGRAM_MAKE, "");
    is("if [ -f x ]; then make; fi", HR_PROGRAM_MAKE, "");
    is("for d in a b; do ls -l $d; done", HR_PROGRAM_LS, "");
}

static void sequences(void **state)
{
    (void)state;
    is("cd web && export CI=1; mkdir -p out\npytest", HR_PROGRAM_PYTEST, "");
    is("ls a; ls b && ls c", HR_PROGRAM_LS, "");
    is("make > build.log 2>&1; tail build.log", HR_PROGRAM_UNKNOWN, "");
    is("pytest || true", HR_PROGRAM_PYTEST, "");
    is("cat <<'EOF' > x.py\nimport os; git status | x\nEOF\npython -m pytest x.py",
       HR_PROGRAM_PYTEST, "");
    is("# list; all\nls -la # and | more", HR_PROGRAM_LS, "");
    is("find . \\\n  -name '*.c' |\n  head", HR_PROGRAM_FIND, "");
    is("echo \"it's; a | b\" && git add -A && git status", HR_PROGRAM_GIT, "status");
    is("diff <(ls a) <(ls b)", HR_PROGRAM_DIFF, "");
    is("printf y | apt-get install x", HR_PROGRAM_APT, "install");
    is("ls $(git rev-parse --show-toplevel; echo \")\")", HR_PROGRAM_LS, "");
    assert_true(parse("make && ctest").mixed);
    assert_int_equal(parse("make && ctest").program, HR_PROGRAM_UNKNOWN);
    assert_true(parse("git status && git diff").mixed);
    assert_true(parse("echo a; ls").noisy);
    assert_false(parse("cd a && ls").noisy);
}

static void pipelines(void **state)
{
    (void)state;
    is("ps aux | grep python | head -20", HR_PROGRAM_PS, "");
    is("ps aux | awk '{print $2}'", HR_PROGRAM_UNKNOWN, "");
    is("git log --oneline | cat", HR_PROGRAM_GIT, "log");
    is("grep -rn x . | grep -v y", HR_PROGRAM_GREP, "");
    is("cat x.json | jq .", HR_PROGRAM_JQ, "");
    is("cat x.txt", HR_PROGRAM_UNKNOWN, "");
    is("sort x | uniq -c", HR_PROGRAM_UNKNOWN, "");
    is("(ls; ls -a) | head", HR_PROGRAM_LS, "");
    assert_true(parse("pytest | tail -5").filtered);
    assert_true(parse("pytest | sed -n 1,5p").filtered);
    assert_true(parse("(ls; ls -a) | head").filtered);
    assert_false(parse("pytest 2>&1 | tee log | cat").filtered);
}

static void options(void **state)
{
    (void)state;
    hr_command c = parse("curl -sSv --max-time=5 https://example.com/ -- -x");
    assert_true(hr_command_flag(&c, 'v', "--verbose"));
    assert_true(hr_command_flag(&c, 0, "--max-time"));
    assert_false(hr_command_flag(&c, 'x', NULL));
    assert_false(hr_command_flag(&c, 0, "--max"));
    assert_int_equal(c.nargs, 5);
}

static void call(const char *tool, const char *input, hr_program p)
{
    hr_command c = hr_command_read(hr_cstr(tool), hr_cstr(input), &arena);
    if (c.program != p)
        fail_msg("%s %s: %.*s", tool, input, HR_FMT(hr_program_name(c.program)));
}

static void tool_calls(void **state)
{
    (void)state;
    call("Bash", "{\"command\":\"cd x && pytest -q 2>&1 | tail -50\",\"timeout\":5}",
         HR_PROGRAM_PYTEST);
    call("shell", "{\"cmd\":[\"bash\",\"-lc\",\"ls -la | head\"]}", HR_PROGRAM_LS);
    call("shell", "{\"command\":[\"git\",\"status\"]}", HR_PROGRAM_GIT);
    call("local_shell", "{\"action\":{\"type\":\"exec\",\"command\":[\"env\",\"A=1\",\"df\"]}}",
         HR_PROGRAM_DF);
    call("run_script", "{\"script\":\"find . -type f\"}", HR_PROGRAM_FIND);
    call("write_file", "{\"script\":\"find . -type f\"}", HR_PROGRAM_UNKNOWN);
    call("terminal", "\"git diff\"", HR_PROGRAM_GIT);
    call("terminal", "git diff", HR_PROGRAM_GIT);
    call("search", "git diff", HR_PROGRAM_UNKNOWN);
    call("shell", "[\"tree\",\"-L\",\"2\"]", HR_PROGRAM_TREE);
    call("Bash", "{\"command\":\"ls", HR_PROGRAM_UNKNOWN);
    call("Bash", "{\"command\":5}", HR_PROGRAM_UNKNOWN);
    call("Bash", "{\"command\":[]}", HR_PROGRAM_UNKNOWN);
    call("Bash", "", HR_PROGRAM_UNKNOWN);
}

/* Scripts in which the shell is a function. */
static void scripts(void **state)
{
    (void)state;
    call("exec",
         "const r = await tools.exec_command({cmd: \"git log --stat | head -50\"});\n"
         "text(r.output);\n",
         HR_PROGRAM_GIT);
    call("exec", "text((await tools.exec_command({workdir: f({a: '}'}), 'cmd': `ls -la`})).output)",
         HR_PROGRAM_LS);
    call("exec", "await shell({command: ['bash', '-lc', 'cd x && df -h'],})", HR_PROGRAM_DF);
    call("exec", "await tools.shell_command(\"find . -name 'it\\'s'\")", HR_PROGRAM_FIND);
    call("exec", "// exec_command({cmd: \"ls\"})\nawait exec_command({ /* slow */ cmd: 'tree' })",
         HR_PROGRAM_TREE);
    call("exec", "const r = await exec_command({cmd: `sed -n '1,${n}p' a.txt && ps aux`});",
         HR_PROGRAM_UNKNOWN);
    call("exec", "for (const d of ['a', 'b']) text(await exec_command({cmd: `ls -l ${d}`}))",
         HR_PROGRAM_LS);
    /* the same program twice, two programs, one that cannot be told */
    call("exec", "exec_command({cmd: 'ls a'}); exec_command({cmd: 'ls b'})", HR_PROGRAM_LS);
    call("exec", "exec_command({cmd: 'ls a'}); exec_command({cmd: 'df'})", HR_PROGRAM_UNKNOWN);
    call("exec", "exec_command({cmd: 'ls a'}); exec_command({cmd})", HR_PROGRAM_UNKNOWN);
    call("exec", "exec_command({cmd: 'git ' + what})", HR_PROGRAM_UNKNOWN);
    call("exec", "exec_command({cmd: '\\x6cs'})", HR_PROGRAM_UNKNOWN);
    call("exec", "text('exec_command({cmd: \"ls\"})')", HR_PROGRAM_UNKNOWN);
    /* cut short anywhere */
    static const char whole[] = "x = exec_command({a: [1, '2'], cmd: [\"ls\", `-l`]}) // `";
    for (size_t n = 0; n < sizeof whole; n++)
        (void)hr_command_read(HR_STR("exec"), hr_str_of(whole, n), &arena);
    assert_true(hr_command_read(HR_STR("exec"),
                                HR_STR("r = await exec_command({cmd: 'ls'}); "
                                       "text(r.output.slice(0, 99))"),
                                &arena)
                    .filtered);
}

static void names_are_unique(void **state)
{
    (void)state;
    for (int i = 1; i < HR_PROGRAM_COUNT; i++) {
        hr_str name = hr_program_name((hr_program)i);
        assert_true(name.n > 0);
        assert_int_equal(hr_command_parse(name, &arena).program, i);
    }
}

static void limits(void **state)
{
    (void)state;
    static char deep[HR_COMMAND_MAX + 2];
    memset(deep, '(', sizeof deep - 1);
    assert_int_equal(parse(deep).program, HR_PROGRAM_UNKNOWN);
    deep[HR_COMMAND_MAX] = '\0';
    assert_int_equal(parse(deep).program, HR_PROGRAM_UNKNOWN);
    is("sh -c \"sh -c \\\"sh -c 'sh -c ls'\\\"\"", HR_PROGRAM_LS, "");
    is("bash -c 'ls", HR_PROGRAM_LS, "");
    is("ls \\", HR_PROGRAM_LS, "");
    is("ls $(", HR_PROGRAM_LS, "");
    is("ls <<", HR_PROGRAM_LS, "");
    is("bash -c", HR_PROGRAM_UNKNOWN, "");
    is("sudo sudo sudo sudo sudo sudo sudo sudo sudo sudo sudo sudo sudo sudo sudo sudo ls",
       HR_PROGRAM_UNKNOWN, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_commands),   cmocka_unit_test(wrappers),
        cmocka_unit_test(sequences),        cmocka_unit_test(pipelines),
        cmocka_unit_test(options),          cmocka_unit_test(tool_calls),
        cmocka_unit_test(names_are_unique), cmocka_unit_test(limits),
        cmocka_unit_test(scripts),
    };
    hr_arena_init(&arena, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    hr_arena_free(&arena);
    return failed;
}
