/* vec: a growable array in an arena, for any element type.
 *
 *     HR_VEC(int) v = {0};
 *     int *slot = hr_vec_push(&v, arena);   // zeroed; NULL when the arena refuses
 *     for (size_t i = 0; i < v.n; i++) use(v.p[i]);
 *
 * The elements move when the vector grows: keep indexes, not pointers.
 */
#ifndef HR_BASE_VEC_H
#define HR_BASE_VEC_H

#include "base/arena.h"

#define HR_VEC(type)                                                                               \
    struct {                                                                                       \
        type *p;                                                                                   \
        size_t n, cap;                                                                             \
    }

static inline void *hr_vec_room(hr_arena *a, void *p, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return p;
    size_t want = *cap ? *cap * 2 : 8;
    if (want > SIZE_MAX / size)
        return NULL;
    void *q = hr_grow(a, p, *cap * size, want * size);
    if (q)
        *cap = want;
    return q;
}

/* Pointer to a new zeroed last element, or NULL (the vector is unchanged then). */
#define hr_vec_push(v, arena)                                                                      \
    (__extension__({                                                                               \
        __typeof__(v) hr_v_ = (v);                                                                 \
        void *hr_q_ = hr_vec_room((arena), hr_v_->p, hr_v_->n, &hr_v_->cap, sizeof(*hr_v_->p));    \
        if (hr_q_) {                                                                               \
            hr_v_->p = hr_q_;                                                                      \
            memset(&hr_v_->p[hr_v_->n++], 0, sizeof(*hr_v_->p));                                   \
        }                                                                                          \
        hr_q_ ? &hr_v_->p[hr_v_->n - 1] : NULL;                                                    \
    }))

#endif
