#ifndef TL_JPEG_ERRORS_H
#define TL_JPEG_ERRORS_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>

#include <jpeglib.h>

#include "CJPEG.h"

// libjpeg's error manager with what we keep of its complaints.
typedef struct tl_jpeg_errors {
  struct jpeg_error_mgr manager;
  jmp_buf recovery;
  tl_jpeg_message *message;
  // The bytes ran out.
  bool is_at_end;
  // Data of the picture were missing.
  bool lacks_data;
} tl_jpeg_errors;

struct jpeg_error_mgr *tl_jpeg_keep_errors(tl_jpeg_errors *errors, tl_jpeg_message *message);

// What a long jump to `recovery` means.
tl_jpeg_status tl_jpeg_failure(const tl_jpeg_errors *errors);

#endif
