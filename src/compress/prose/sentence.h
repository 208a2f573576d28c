/* sentence: where sentences end, in scripts with and without spaces (internal to compress/).
 *
 * Pure and linear. Slices are adjacent: white space behind a sentence belongs to it, so that the
 * slices put together are the text again, byte for byte. Bytes that are not UTF-8 pass as letters.
 */
#ifndef HR_COMPRESS_SENTENCE_H
#define HR_COMPRESS_SENTENCE_H

#include "base/str.h"

/* Takes the next sentence off *rest. False at the end of the text. No sentence is longer than
 * about 1,200 bytes: without a mark in sight it ends at a space, or at any character. */
bool hr_sentence_next(hr_str *rest, hr_str *sentence);

#endif
