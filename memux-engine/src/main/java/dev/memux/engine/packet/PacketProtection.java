package dev.memux.engine.packet;

import dev.memux.tls.CipherSuite;

/**
 * Who does the arithmetic of packet protection (RFC 9001 §5). All that it makes, for whatever keys,
 * is used by one thread at a time, as it is itself.
 */
public interface PacketProtection {
  /**
   * The ciphers of the JDK: everywhere, on heap arrays, about 1 KB of garbage a packet. Of what it
   * makes, each may be used by another thread.
   */
  PacketProtection JDK = new JdkProtection();

  /** What people call it, with its version. */
  String name();

  /** For what is sent under this key. */
  Aead sealing(CipherSuite suite, byte[] key, byte[] iv);

  /** For what is received under this key. */
  Aead opening(CipherSuite suite, byte[] key, byte[] iv);

  /** For both directions of work on headers, with a key of its own (RFC 9001 §5.4). */
  HeaderProtection headerProtection(CipherSuite suite, byte[] key);
}
