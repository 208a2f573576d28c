/* doctor: what the checks of `headroom doctor` share. A check never fails the program: it adds one
 * finding. */
#ifndef HR_CLI_DOCTOR_H
#define HR_CLI_DOCTOR_H

#include "engine/settings.h"

typedef enum hr_finding_status { HR_PASS, HR_WARN, HR_FAIL, HR_SKIP } hr_finding_status;

typedef struct hr_finding {
    const char *name;
    hr_finding_status status;
    hr_str summary, hint; /* hint may be empty */
} hr_finding;

enum { HR_MAX_FINDINGS = 16 };

typedef struct hr_doctor {
    const hr_settings *s;
    uint16_t port;
    char *const *envp;
    hr_arena *a;
    hr_finding found[HR_MAX_FINDINGS];
    size_t n;
    bool alive; /* something on the port says it is Headroom */
} hr_doctor;

__attribute__((format(printf, 4, 5))) hr_finding *
hr_doctor_add(hr_doctor *d, const char *name, hr_finding_status status, const char *fmt, ...);

/* Whether agents and this shell are pointed at the proxy: claude, codex, shell env, and a note
 * about Claude Code's remote control. Reads settings files, never writes. */
void hr_doctor_routing(hr_doctor *d);

#endif
