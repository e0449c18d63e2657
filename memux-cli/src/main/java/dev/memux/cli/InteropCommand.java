package dev.memux.cli;

import picocli.CommandLine.Command;

/** {@code memux interop}: an endpoint for the QUIC interop runner. */
@Command(
    name = "interop",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    usageHelpAutoWidth = true,
    synopsisSubcommandLabel = "COMMAND",
    header = {"Be an endpoint of the QUIC interop runner.", ""},
    description = {
      "",
      "The environment says what to do: TESTCASE, REQUESTS (client), SSLKEYLOGFILE. The exit code"
          + " is 127 for a test case that is not supported.",
      ""
    },
    subcommands = {InteropServerCommand.class, InteropClientCommand.class},
    footer = {
      "",
      "For example:",
      "  TESTCASE=transfer memux interop server --listen 127.0.0.1:4433 --www site --certs certs",
      "  TESTCASE=transfer REQUESTS='https://127.0.0.1:4433/a https://127.0.0.1:4433/b' \\",
      "    memux interop client --downloads got"
    })
final class InteropCommand {}
