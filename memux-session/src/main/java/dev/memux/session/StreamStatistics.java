package dev.memux.session;

/**
 * What has gone over a stream so far.
 *
 * @param bytesWritten by this end's application
 * @param bytesRead by this end's application
 */
public record StreamStatistics(long bytesWritten, long bytesRead) {}
