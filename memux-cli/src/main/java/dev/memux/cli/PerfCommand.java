package dev.memux.cli;

import picocli.CommandLine.Command;

/** {@code memux perf}: measures raw streams. */
@Command(
    name = "perf",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    usageHelpAutoWidth = true,
    synopsisSubcommandLabel = "COMMAND",
    header = {"Measure streams without HTTP, between two processes.", ""},
    subcommands = {PerfServerCommand.class, PerfClientCommand.class},
    footer = {
      "",
      "For example:",
      "  memux perf server --listen 127.0.0.1:4433",
      "  memux perf client --connect 127.0.0.1:4433 --workload bulk --bytes 1000000000"
    })
final class PerfCommand {}
