#include "jpeg_errors.h"

#include <string.h>

#include <jerror.h>

static void fail(j_common_ptr codec) {
  tl_jpeg_errors *errors = (tl_jpeg_errors *)codec->err;
  char text[JMSG_LENGTH_MAX];
  codec->err->format_message(codec, text);
  snprintf(errors->message->text, sizeof errors->message->text, "%s", text);
  longjmp(errors->recovery, 1);
}

// Levels below 0 are warnings, those above are traces.
static void hear(j_common_ptr codec, int level) {
  if (level >= 0) return;
  tl_jpeg_errors *errors = (tl_jpeg_errors *)codec->err;
  if (codec->err->msg_code == JWRN_JPEG_EOF) errors->is_at_end = true;
  if (codec->err->msg_code == JWRN_HIT_MARKER) {
    // A restart marker that comes too early costs the rest of its interval: damage, but the rows
    // after it are there. Any other marker ends the scan.
    int marker = ((j_decompress_ptr)codec)->unread_marker;
    if (marker < JPEG_RST0 || marker > JPEG_RST0 + 7) errors->lacks_data = true;
  }
  if (errors->message->text[0]) return;
  char text[JMSG_LENGTH_MAX];
  codec->err->format_message(codec, text);
  snprintf(errors->message->text, sizeof errors->message->text, "%s", text);
}

static void say_nothing(j_common_ptr codec) { (void)codec; }

struct jpeg_error_mgr *tl_jpeg_keep_errors(tl_jpeg_errors *errors, tl_jpeg_message *message) {
  jpeg_std_error(&errors->manager);
  errors->manager.error_exit = fail;
  errors->manager.emit_message = hear;
  errors->manager.output_message = say_nothing;
  errors->message = message;
  errors->is_at_end = false;
  errors->lacks_data = false;
  message->text[0] = 0;
  return &errors->manager;
}

tl_jpeg_status tl_jpeg_failure(const tl_jpeg_errors *errors) {
  if (errors->manager.msg_code == JERR_OUT_OF_MEMORY) return TL_JPEG_OUT_OF_MEMORY;
  return errors->is_at_end ? TL_JPEG_CUT_OFF : TL_JPEG_MALFORMED;
}
