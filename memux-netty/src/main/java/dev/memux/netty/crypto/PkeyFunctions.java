package dev.memux.netty.crypto;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.invoke.MethodHandle;
import java.util.List;

/**
 * The functions of libcrypto for keys of any kind (EVP_PKEY), in memory by its address: X25519 is
 * to be had only by them. None is a critical call, as a garbage collection would wait for it.
 *
 * <p>Whatever gives back whether it worked does so as libcrypto does: by 1.
 */
final class PkeyFunctions {
  /** What a library must have for this class. */
  static final List<String> SYMBOLS =
      List.of(
          "EVP_PKEY_CTX_new_id",
          "EVP_PKEY_CTX_new",
          "EVP_PKEY_CTX_free",
          "EVP_PKEY_keygen_init",
          "EVP_PKEY_keygen",
          "EVP_PKEY_free",
          "EVP_PKEY_new_raw_public_key",
          "EVP_PKEY_get_raw_public_key",
          "EVP_PKEY_derive_init",
          "EVP_PKEY_derive_set_peer",
          "EVP_PKEY_derive",
          "ERR_clear_error");

  private static final long NULL = 0;

  private static final MethodHandle CONTEXT_OF_TYPE =
      Library.function("EVP_PKEY_CTX_new_id", JAVA_LONG, JAVA_INT, JAVA_LONG);
  private static final MethodHandle CONTEXT_OF_KEY =
      Library.function("EVP_PKEY_CTX_new", JAVA_LONG, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle CONTEXT_FREE =
      Library.procedure("EVP_PKEY_CTX_free", JAVA_LONG);
  private static final MethodHandle GENERATE_INIT =
      Library.function("EVP_PKEY_keygen_init", JAVA_INT, JAVA_LONG);
  private static final MethodHandle GENERATE =
      Library.function("EVP_PKEY_keygen", JAVA_INT, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle FREE = Library.procedure("EVP_PKEY_free", JAVA_LONG);
  private static final MethodHandle NEW_PUBLIC =
      Library.function(
          "EVP_PKEY_new_raw_public_key", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle RAW_PUBLIC =
      Library.function("EVP_PKEY_get_raw_public_key", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle DERIVE_INIT =
      Library.function("EVP_PKEY_derive_init", JAVA_INT, JAVA_LONG);
  private static final MethodHandle DERIVE_PEER =
      Library.function("EVP_PKEY_derive_set_peer", JAVA_INT, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle DERIVE =
      Library.function("EVP_PKEY_derive", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle CLEAR_ERRORS = Library.procedure("ERR_clear_error");

  private PkeyFunctions() {}

  /**
   * Generates a key.
   *
   * @param type by libcrypto's number
   * @param key where its address is written; 0 there: NULL
   */
  static int generate(int type, long key) {
    try {
      long context = (long) CONTEXT_OF_TYPE.invokeExact(type, NULL);
      int ok = context == 0 ? 0 : (int) GENERATE_INIT.invokeExact(context);
      ok = ok == 1 ? (int) GENERATE.invokeExact(context, key) : ok;
      CONTEXT_FREE.invokeExact(context);
      return ok;
    } catch (Throwable e) {
      throw Library.impossible(e);
    }
  }

  /** Wipes a private key, too. */
  static void free(long key) {
    try {
      FREE.invokeExact(key);
    } catch (Throwable e) {
      throw Library.impossible(e);
    }
  }

  /** A public key as it is encoded where it has no header; 0 if it cannot be one. */
  static long newPublic(int type, long encoded, long bytes) {
    try {
      return (long) NEW_PUBLIC.invokeExact(type, NULL, encoded, bytes);
    } catch (Throwable e) {
      throw Library.impossible(e);
    }
  }

  /**
   * Writes the public half.
   *
   * @param length where a long says how much room there is, and then how much is written
   */
  static int encodePublic(long key, long out, long length) {
    try {
      return (int) RAW_PUBLIC.invokeExact(key, out, length);
    } catch (Throwable e) {
      throw Library.impossible(e);
    }
  }

  /**
   * Writes the shared secret.
   *
   * @param length where a long says how much room there is, and then how much is written
   */
  static int derive(long key, long peer, long out, long length) {
    try {
      long context = (long) CONTEXT_OF_KEY.invokeExact(key, NULL);
      int ok = context == 0 ? 0 : (int) DERIVE_INIT.invokeExact(context);
      ok = ok == 1 ? (int) DERIVE_PEER.invokeExact(context, peer) : ok;
      ok = ok == 1 ? (int) DERIVE.invokeExact(context, out, length) : ok;
      CONTEXT_FREE.invokeExact(context);
      return ok;
    } catch (Throwable e) {
      throw Library.impossible(e);
    }
  }

  /** What has gone wrong leaves reasons with the thread, for somebody who asks. Nobody does. */
  static void forgetErrors() {
    try {
      CLEAR_ERRORS.invokeExact();
    } catch (Throwable e) {
      throw Library.impossible(e);
    }
  }
}
