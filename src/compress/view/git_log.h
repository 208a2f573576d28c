/* git_log: the output of git log with what its entries repeat said once (internal to compress/).
 *
 *     commit 1f2e…                       [git log of 2 commits, nothing left out: …]
 *     Author: A <a@example.org>          commit 1f2e… | Sat Nov 21 14:48:22
 *     Date:   Sat Nov 21 14:48:22 2026    First line
 *                                    →
 *         First line
 *
 *      src/x.c | 2 +-                    = src/x.c | 2 +-
 *
 * "commit HASH | DATE" stands for the commit's lines, the author in the head, the date with the end
 * in the head, and a blank line; one blank in front stands for the four of a message; "=" is put
 * before other lines that could be mistaken for these. */
#ifndef HR_COMPRESS_GIT_LOG_H
#define HR_COMPRESS_GIT_LOG_H

#include "base/arena.h"
#include "base/buf.h"

/* *out: the form, or HR_STR_NONE when it would not be shorter. HR_E_SYNTAX: no git log. */
hr_err hr_git_log_pack(hr_str text, hr_arena *a, hr_str *out, hr_str *strategy);
/* The exact inverse, appended. HR_E_SYNTAX: no such form. */
hr_err hr_git_log_unpack(hr_str form, hr_arena *a, hr_buf *out);

#endif
