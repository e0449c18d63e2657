package dev.memux.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The {@code memux} command: finds the subcommand and turns its outcome into an exit code. */
@Command(
    name = "memux",
    mixinStandardHelpOptions = true,
    description = {"Many streams over one connection, the most important bytes first.", ""},
    subcommands = {
      GatewayCommand.class,
      GetCommand.class,
      TunnelCommand.class,
      PerfCommand.class,
      LabCommand.class,
      RehearseCommand.class,
      CommandLine.HelpCommand.class
    },
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND",
    usageHelpAutoWidth = true,
    footer = {
      "",
      "For example:",
      "  memux gateway                              serve the demonstration site",
      "  memux get https://localhost:8443/          fetch its page",
      "  memux help get                             all that get can do"
    })
public final class Main {
  private Main() {}

  /** Runs the command and exits with its code. */
  public static void main(String[] arguments) {
    System.exit(run(arguments));
  }

  /** Runs the command and returns its exit code. */
  static int run(String... arguments) {
    CommandLine command = new CommandLine(new Main());
    command.setCaseInsensitiveEnumValuesAllowed(true);
    command.setExecutionStrategy(Main::execute);
    command.setExecutionExceptionHandler(Main::report);
    command.setParameterExceptionHandler(Main::refuse);
    command.getCommandSpec().exitCodeOnInvalidInput(ExitCode.USAGE);
    return command.execute(arguments);
  }

  private static int execute(CommandLine.ParseResult parsed) {
    if (!parsed.hasSubcommand()
        && !parsed.isUsageHelpRequested()
        && !parsed.isVersionHelpRequested()) {
      parsed.commandSpec().commandLine().usage(System.err);
      return ExitCode.USAGE;
    }
    return new CommandLine.RunLast().execute(parsed);
  }

  /** The whole help would push the reason off the screen. */
  private static int refuse(CommandLine.ParameterException failure, String[] arguments) {
    String name = failure.getCommandLine().getCommandSpec().qualifiedName();
    Diagnostics.error(failure.getMessage() + " (see '" + name + " --help')");
    return ExitCode.USAGE;
  }

  /** What a command throws on purpose is said in one line; anything else is a fault of ours. */
  private static int report(Exception failure, CommandLine command, CommandLine.ParseResult parsed)
      throws Exception {
    if (failure instanceof CommandFailure expected) {
      Diagnostics.error(expected.getMessage());
      return expected.exitCode();
    }
    throw failure;
  }
}
