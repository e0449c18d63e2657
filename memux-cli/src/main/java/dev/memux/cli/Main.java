package dev.memux.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The {@code memux} command: finds the subcommand and turns its outcome into an exit code. */
@Command(
    name = "memux",
    mixinStandardHelpOptions = true,
    description = {"Many streams over one connection, the most important bytes first.", ""},
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
  private static final Map<String, Class<?>> COMMANDS = new LinkedHashMap<>();

  static {
    COMMANDS.put("gateway", GatewayCommand.class);
    COMMANDS.put("get", GetCommand.class);
    COMMANDS.put("tunnel", TunnelCommand.class);
    COMMANDS.put("perf", PerfCommand.class);
    COMMANDS.put("lab", LabCommand.class);
    COMMANDS.put("interop", InteropCommand.class);
    COMMANDS.put("rehearse", RehearseCommand.class);
    COMMANDS.put("help", CommandLine.HelpCommand.class);
  }

  private Main() {}

  /** Runs the command and exits with its code. */
  public static void main(String[] arguments) {
    System.exit(run(arguments));
  }

  /** Runs the command and returns its exit code. */
  static int run(String... arguments) {
    CommandLine command = new CommandLine(new Main());
    @Nullable Class<?> asked = arguments.length == 0 ? null : COMMANDS.get(arguments[0]);
    if (asked == null || asked == CommandLine.HelpCommand.class) {
      COMMANDS.values().forEach(command::addSubcommand);
    } else {
      command.addSubcommand(asked); // to look at the others would take a good part of the start
    }
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
