package dev.memux.interop;

import java.io.IOException;
import java.time.Duration;

/** An implementation that can be an end of a connection. */
interface Peer {
  String name();

  /** Whether its programs are on this machine. */
  boolean isInstalled();

  /** Whether it speaks HTTP/0.9; all speak HTTP/3. */
  boolean speaksHttp09();

  /** Whether its server can do what the case asks of one. */
  boolean serves(TestCase testCase);

  /** Whether its client can do what the case asks of one. */
  boolean fetches(TestCase testCase);

  /** Starts a server, which may take a while until it answers. */
  Endpoint serve(Job job) throws IOException;

  /**
   * Has a client, or one after the other, fetch the files of the job.
   *
   * @return the exit code; {@link Endpoint#LATE} when the limit was reached
   */
  int fetch(Job job, Duration limit) throws IOException, InterruptedException;
}
