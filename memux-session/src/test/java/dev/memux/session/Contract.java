package dev.memux.session;

/** A part of what every carrier must do. */
interface Contract {
  /** Two sessions, connected. */
  SessionPair connect(Settings settings) throws Exception;

  default SessionPair connect() throws Exception {
    return connect(Settings.DEFAULT);
  }
}
