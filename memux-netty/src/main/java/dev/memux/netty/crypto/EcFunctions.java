package dev.memux.netty.crypto;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.invoke.MethodHandle;
import java.util.List;

/**
 * The functions of libcrypto for keys on the NIST curves, in memory by its address. OpenSSL 3 calls
 * them deprecated, but all versions have them, and they look nothing up: by way of EVP a signature
 * takes half as long again. None is a critical call, as a garbage collection would wait for it.
 *
 * <p>Whatever gives back whether it worked does so as libcrypto does: by 1.
 */
final class EcFunctions {
  /** What a library must have for this class. */
  static final List<String> SYMBOLS =
      List.of(
          "EC_KEY_new_by_curve_name",
          "EC_KEY_free",
          "EC_KEY_oct2priv",
          "EC_KEY_oct2key",
          "EC_KEY_generate_key",
          "EC_KEY_get0_group",
          "EC_KEY_get0_public_key",
          "EC_POINT_point2oct",
          "ECDH_compute_key",
          "ECDSA_sign",
          "ECDSA_verify");

  /** X9.62: a 4, and both coordinates. */
  private static final int UNCOMPRESSED = 4;

  private static final long NULL = 0;

  private static final MethodHandle NEW =
      Library.function("EC_KEY_new_by_curve_name", JAVA_LONG, JAVA_INT);
  private static final MethodHandle FREE = Library.procedure("EC_KEY_free", JAVA_LONG);
  private static final MethodHandle SET_PRIVATE =
      Library.function("EC_KEY_oct2priv", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle SET_PUBLIC =
      Library.function("EC_KEY_oct2key", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle GENERATE =
      Library.function("EC_KEY_generate_key", JAVA_INT, JAVA_LONG);
  private static final MethodHandle GROUP =
      Library.function("EC_KEY_get0_group", JAVA_LONG, JAVA_LONG);
  private static final MethodHandle POINT =
      Library.function("EC_KEY_get0_public_key", JAVA_LONG, JAVA_LONG);
  private static final MethodHandle ENCODE =
      Library.function(
          "EC_POINT_point2oct",
          JAVA_LONG,
          JAVA_LONG,
          JAVA_LONG,
          JAVA_INT,
          JAVA_LONG,
          JAVA_LONG,
          JAVA_LONG);
  private static final MethodHandle AGREE =
      Library.function(
          "ECDH_compute_key", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle SIGN =
      Library.function(
          "ECDSA_sign", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle VERIFY =
      Library.function(
          "ECDSA_verify", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG);

  private EcFunctions() {}

  /**
   * A key without its numbers; 0 if there is no memory.
   *
   * @param curve by libcrypto's number
   */
  static long newKey(int curve) {
    try {
      return (long) NEW.invokeExact(curve);
    } catch (Throwable e) {
      throw Library.impossible(e);
    }
  }

  /** Wipes the private number, too. */
  static void freeKey(long key) {
    try {
      FREE.invokeExact(key);
    } catch (Throwable e) {
      throw Library.impossible(e);
    }
  }

  static int setPrivate(long key, long number, long bytes) {
    try {
      return (int) SET_PRIVATE.invokeExact(key, number, bytes);
    } catch (Throwable e) {
      throw Library.impossible(e);
    }
  }

  /** Takes an encoded point, if it is on the curve. */
  static int setPublic(long key, long point, long bytes) {
    try {
      return (int) SET_PUBLIC.invokeExact(key, point, bytes, NULL);
    } catch (Throwable e) {
      throw Library.impossible(e);
    }
  }

  static int generate(long key) {
    try {
      return (int) GENERATE.invokeExact(key);
    } catch (Throwable e) {
      throw Library.impossible(e);
    }
  }

  /** Writes the public point; gives back how many bytes. */
  static long encodePublic(long key, long out, long bytes) {
    try {
      long group = (long) GROUP.invokeExact(key);
      long point = (long) POINT.invokeExact(key);
      return (long) ENCODE.invokeExact(group, point, UNCOMPRESSED, out, bytes, NULL);
    } catch (Throwable e) {
      throw Library.impossible(e);
    }
  }

  /** Writes the x coordinate of the shared point; gives back how many bytes. */
  static int agree(long key, long peer, long out, long bytes) {
    try {
      long point = (long) POINT.invokeExact(peer);
      return (int) AGREE.invokeExact(out, bytes, point, key, NULL);
    } catch (Throwable e) {
      throw Library.impossible(e);
    }
  }

  /**
   * Writes a signature.
   *
   * @param length where an int says how long it is
   */
  static int sign(long key, long digest, int bytes, long out, long length) {
    try {
      return (int) SIGN.invokeExact(0, digest, bytes, out, length, key);
    } catch (Throwable e) {
      throw Library.impossible(e);
    }
  }

  /** Not 1, either, if the signature cannot be parsed. */
  static int verify(long key, long digest, int bytes, long signature, int signatureBytes) {
    try {
      return (int) VERIFY.invokeExact(0, digest, bytes, signature, signatureBytes, key);
    } catch (Throwable e) {
      throw Library.impossible(e);
    }
  }
}
