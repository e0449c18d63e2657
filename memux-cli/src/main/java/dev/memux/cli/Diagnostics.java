package dev.memux.cli;

/** What goes to standard error: our own lines, and the log, which is quiet unless asked. */
final class Diagnostics {
  private static final String SIMPLE_LOGGER = "org.slf4j.simpleLogger.";

  private Diagnostics() {}

  /** Sets the log's level; has an effect before the first logger is made, and not afterwards. */
  static void configure(boolean verbose) {
    setDefault("defaultLogLevel", "warn");
    setDefault("log.dev.memux", verbose ? "debug" : "warn");
    // What a peer can provoke on a stream that nobody listens to is not worth a stack trace.
    setDefault("log.io.netty.channel.DefaultChannelPipeline", verbose ? "warn" : "error");
    // A network without hardware addresses, such as an emulated one, is nothing to warn of.
    setDefault("log.io.netty.util.internal.MacAddressUtil", verbose ? "warn" : "error");
    setDefault("showThreadName", "false");
    setDefault("showShortLogName", "true");
    setDefault("levelInBrackets", "true");
  }

  /** One line that says what went wrong. */
  static void error(String message) {
    System.err.println("memux: " + message);
  }

  private static void setDefault(String key, String value) {
    if (System.getProperty(SIMPLE_LOGGER + key) == null) {
      System.setProperty(SIMPLE_LOGGER + key, value);
    }
  }
}
