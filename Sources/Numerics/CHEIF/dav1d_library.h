// The functions of dav1d that are used, found in the library when it is loaded.
#ifndef TL_HEIF_DAV1D_LIBRARY_H
#define TL_HEIF_DAV1D_LIBRARY_H

#include <stddef.h>

#include <dav1d/dav1d.h>

#define TL_DAV1D_FUNCTIONS(F) \
  F(close) F(data_unref) F(data_wrap) F(default_settings) F(get_picture) F(open) F(picture_unref) \
  F(send_data)

struct tl_dav1d_library {
#define MEMBER(name) __typeof__(dav1d_##name) *name;
  TL_DAV1D_FUNCTIONS(MEMBER)
#undef MEMBER
};

// Versions 6 and 7 of the interface, of which Debian 12 has the one and Debian 13 the other, have all fields
// that are used here in the same places; a picture of version 7 is longer by one behind them.
union tl_dav1d_picture {
  Dav1dPicture picture;
  unsigned char room[512];
};

_Static_assert(offsetof(Dav1dPicture, data) == 16 && offsetof(Dav1dPicture, stride) == 40
                   && offsetof(Dav1dPicture, p) == 56 && sizeof(Dav1dPicture) <= 272,
               "pictures as versions 6 and 7 have them");
_Static_assert(offsetof(Dav1dSettings, all_layers) == 16 && offsetof(Dav1dSettings, logger) == 48
                   && offsetof(Dav1dSettings, strict_std_compliance) == 64
                   && sizeof(Dav1dSettings) == 96,
               "settings as versions 6 and 7 have them");
_Static_assert(offsetof(Dav1dData, sz) == 8 && sizeof(Dav1dData) == 72,
               "data as versions 6 and 7 have them");

// NULL where no version that is known is on this machine.
const struct tl_dav1d_library *tl_dav1d_library(void);

#endif
