/* unicode_class: the few classes of code points that the pre-tokenisers tell apart.
 *
 * Upper stands for the general categories Lu and Lt, lower for Ll, both for Lm and Lo, mark for M*,
 * number for N*, space for White_Space without CR and LF, newline for CR and LF.
 */
#ifndef HR_TEXT_UNICODE_CLASS_H
#define HR_TEXT_UNICODE_CLASS_H

#include <stddef.h>
#include <stdint.h>

enum {
    HR_UC_OTHER = 1,
    HR_UC_UPPER = 2,
    HR_UC_LOWER = 4,
    HR_UC_BOTH = 8,
    HR_UC_MARK = 16,
    HR_UC_NUMBER = 32,
    HR_UC_SPACE = 64,
    HR_UC_NEWLINE = 128,
    HR_UC_LETTER = HR_UC_UPPER | HR_UC_LOWER | HR_UC_BOTH
};

enum { HR_UNICODE_END = 0x32400 };
extern const uint8_t hr_unicode_block[HR_UNICODE_END / 128];
extern const uint8_t hr_unicode_nibbles[][64];

/* The class of a code point, one of the single bits above. */
static inline unsigned hr_unicode_class(uint32_t cp)
{
    if (cp >= HR_UNICODE_END)
        return cp >= 0xE0100 && cp <= 0xE01EF ? HR_UC_MARK : HR_UC_OTHER;
    unsigned pair = hr_unicode_nibbles[hr_unicode_block[cp >> 7]][cp >> 1 & 63];
    return 1u << (pair >> (cp & 1) * 4 & 15);
}

#endif
