package dev.memux.gateway;

/**
 * Tunnels at the moment.
 *
 * @param total asked for and not over, whatever they wait for
 * @param waiting of these, for a place at their backend
 */
public record TunnelCounts(int total, int waiting) {}
