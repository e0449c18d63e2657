package dev.memux.engine.mux;

/**
 * What became of a connection's datagrams (RFC 9221).
 *
 * @param sent frames sent, each once
 * @param lost of those sent, the ones in packets that were declared lost; some may have arrived
 * @param notSent accepted from the application and dropped before they were sent: displaced by
 *     newer ones, or too large for packets that have become smaller
 * @param received frames received
 * @param notRead received and dropped before the application took them
 */
public record DatagramStatistics(long sent, long lost, long notSent, long received, long notRead) {}
