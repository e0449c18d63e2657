package dev.memux.gateway;

/** What a request for a path is answered with. */
sealed interface PreparedAnswer {
  /** There is nothing, or nothing that is served. */
  record Missing() implements PreparedAnswer {}

  /** A folder, named without its slash. */
  record Folder() implements PreparedAnswer {}

  /** The file changes so often that it cannot be sent. */
  record Changing() implements PreparedAnswer {}

  /**
   * An answer whose body, if it has one, is in memory.
   *
   * @param content all of the form that the answer's parts are of; nobody changes it
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record FromMemory(FileAnswer answer, String contentType, byte[] content)
      implements PreparedAnswer {}

  /** An answer to be read from a file that is open. */
  record FromFile(FileAnswer answer, String contentType, OpenFile file) implements PreparedAnswer {}
}
