package dev.memux.session;

import org.junit.jupiter.api.Timeout;

/**
 * What a session does, whatever carries it. For each carrier there is a class that extends this one
 * and says how two sessions are connected; the tests stand in the contracts, by topic.
 */
@Timeout(120)
abstract class CarrierConformance
    implements StreamContract,
        ReleaseContract,
        BackPressureContract,
        PriorityContract,
        RequestedPriorityContract,
        DatagramContract,
        EndContract {}
