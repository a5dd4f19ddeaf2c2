/// How pictures come to a page on which they can be tried: chosen, dropped anywhere or pasted.
package enum PictureChoice {
  /// Calls the page's `add` with each file. The page has a field `files` that its `byID` finds, and its
  /// body is `dropping` while pictures are held over it.
  package static let script = #"""
    byID("files").addEventListener("change", event => {
      for (const file of event.target.files) add(file);
      event.target.value = "";
    });
    for (const name of ["dragenter", "dragover"]) {
      document.addEventListener(name, event => {
        event.preventDefault();
        document.body.classList.add("dropping");
      });
    }
    document.addEventListener("dragleave", event => {
      if (!event.relatedTarget) document.body.classList.remove("dropping");
    });
    document.addEventListener("drop", event => {
      event.preventDefault();
      document.body.classList.remove("dropping");
      for (const file of event.dataTransfer.files) add(file);
    });
    document.addEventListener("paste", event => {
      for (const file of event.clipboardData.files) add(file);
    });
    """#
}
