package dev.memux.cli;

/** Ends the command with one line on standard error and an exit code. */
final class CommandFailure extends RuntimeException {
  private static final long serialVersionUID = 1;
  private final int exitCode;

  CommandFailure(int exitCode, String message) {
    super(message, null, false, false);
    this.exitCode = exitCode;
  }

  int exitCode() {
    return exitCode;
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
