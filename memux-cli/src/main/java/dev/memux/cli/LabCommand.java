package dev.memux.cli;

import picocli.CommandLine.Command;

/** {@code memux lab}: emulated networks. */
@Command(
    name = "lab",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    usageHelpAutoWidth = true,
    synopsisSubcommandLabel = "COMMAND",
    header = {"Emulated networks on this machine (Linux, as root).", ""},
    subcommands = {LabLinkCommand.class, LabReprioritizeCommand.class, LabTunnelCommand.class})
final class LabCommand {}
