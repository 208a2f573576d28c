/* setup: from the program's settings to an engine. */
#ifndef HR_ENGINE_SETUP_H
#define HR_ENGINE_SETUP_H

#include "engine/engine.h"
#include "engine/settings.h"

/* Engine options as the settings say. Texts are borrowed from s, which must outlive the engine's
 * opening. */
hr_engine_opts hr_engine_opts_of(const hr_settings *s);

/* Is a program called `headroom` on the PATH, so that an agent's shell can run it? */
bool hr_on_path(char *const *envp);

#endif
