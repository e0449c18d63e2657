package dev.memux.cli;

import picocli.CommandLine.Command;

/** {@code memux lab}: emulated and simulated networks. */
@Command(
    name = "lab",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    usageHelpAutoWidth = true,
    synopsisSubcommandLabel = "COMMAND",
    header = {"Networks emulated on this machine (Linux, as root), or simulated.", ""},
    subcommands = {
      LabFairnessCommand.class,
      LabGoodputCommand.class,
      LabLinkCommand.class,
      LabReprioritizeCommand.class,
      LabTunnelCommand.class
    })
final class LabCommand {}
