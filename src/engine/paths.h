/* paths: where Headroom keeps things. Two roots:
 *
 *   workspace  HEADROOM_WORKSPACE_DIR, else ~/.headroom            read and written
 *   config     HEADROOM_CONFIG_DIR, else $HEADROOM_WORKSPACE_DIR/config, else ~/.headroom/config
 *
 * A leading ~ is expanded in every path; home is $HOME, else the password entry. Nothing is made on
 * disk until something is written. All results live in the arena; thread-safe.
 */
#ifndef HR_ENGINE_PATHS_H
#define HR_ENGINE_PATHS_H

#include "base/arena.h"
#include "base/error.h"

/* The value of a variable in a NAME=value list, trimmed; empty when unset or blank. */
hr_str hr_env(char *const *envp, hr_str name);
/* The home folder; empty when there is none. */
hr_str hr_path_home(char *const *envp, hr_arena *a);
/* path with a leading "~" or "~/" replaced; "~name" and everything else stay. */
hr_str hr_path_expand(hr_str path, char *const *envp, hr_arena *a);
/* dir/name; name alone when dir is empty or name is absolute. */
hr_str hr_path_join(hr_str dir, hr_str name, hr_arena *a);
/* Makes the folders above the file (each 0700 when new). HR_E_IO, HR_E_NOMEM. */
hr_err hr_path_make_parents(hr_str path, hr_arena *a);
/* A whole file. HR_E_NOTFOUND (no such file), HR_E_IO, HR_E_LIMIT (larger than limit), HR_E_NOMEM.
 */
hr_err hr_file_read(hr_str path, size_t limit, hr_arena *a, hr_str *out);

#endif
