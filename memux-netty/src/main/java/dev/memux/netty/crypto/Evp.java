package dev.memux.netty.crypto;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The functions of libcrypto that packet protection needs, by what they are used for here. Those of
 * the hot path are critical calls, which cost as much as a call in C and take arrays of the heap as
 * they are; they neither block nor call back. Native memory goes by its address, a plain number, so
 * that every call sees one kind of segment only.
 *
 * <p>Whatever gives back whether it worked does so as libcrypto does: by 1.
 */
@SuppressWarnings("restricted")
final class Evp {
  private static final int GET_TAG = 0x10;
  private static final int SET_TAG = 0x11;
  private static final int TAG_BYTES = 16;

  /** Of what is set again: whether it encrypts. */
  private static final int AS_BEFORE = -1;

  private static final long NO_ATEXIT = 0x80000;
  private static final long NULL = 0;

  private static final MethodHandle VERSION =
      Library.function("OpenSSL_version", JAVA_LONG, JAVA_INT);
  private static final MethodHandle INIT_LIBRARY =
      Library.function("OPENSSL_init_crypto", JAVA_INT, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle CONTEXT_NEW = Library.function("EVP_CIPHER_CTX_new", JAVA_LONG);
  private static final MethodHandle CONTEXT_FREE =
      Library.procedure("EVP_CIPHER_CTX_free", JAVA_LONG);
  private static final MethodHandle INIT =
      Library.function(
          "EVP_CipherInit_ex",
          JAVA_INT,
          JAVA_LONG,
          JAVA_LONG,
          JAVA_LONG,
          JAVA_LONG,
          JAVA_LONG,
          JAVA_INT);

  private static final MethodHandle SET_IV =
      Library.critical(
          "EVP_CipherInit_ex",
          JAVA_INT,
          JAVA_LONG,
          JAVA_LONG,
          JAVA_LONG,
          JAVA_LONG,
          JAVA_LONG,
          JAVA_INT);
  private static final MethodHandle UPDATE =
      Library.critical(
          "EVP_CipherUpdate", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT);
  private static final MethodHandle UPDATE_FROM_HEAP =
      Library.critical(
          "EVP_CipherUpdate", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_INT);
  private static final MethodHandle UPDATE_ON_HEAP =
      Library.critical(
          "EVP_CipherUpdate", JAVA_INT, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, JAVA_INT);
  private static final MethodHandle FINISH =
      Library.critical("EVP_CipherFinal_ex", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle TAG =
      Library.critical("EVP_CIPHER_CTX_ctrl", JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG);

  private Evp() {}

  // Of libraries and keys.

  static String version() {
    try {
      return MemorySegment.ofAddress((long) VERSION.invokeExact(0))
          .reinterpret(Long.MAX_VALUE)
          .getString(0);
    } catch (Throwable e) {
      throw Library.impossible(e);
    }
  }

  /**
   * Before all else: has the library not clean up when the process exits, as other threads may use
   * it until the very end. Without effect if somebody else in the process has begun to use it.
   */
  static void keepToTheEnd() {
    try {
      int ignored = (int) INIT_LIBRARY.invokeExact(NO_ATEXIT, NULL);
    } catch (Throwable e) {
      throw Library.impossible(e);
    }
  }

  /** What a function without parameters tells of a cipher, that {@link #init} wants. */
  static long cipher(String name) {
    try {
      return (long) Library.function(name, JAVA_LONG).invokeExact();
    } catch (Throwable e) {
      throw Library.impossible(e);
    }
  }

  /** A context without a key; 0 if there is no memory. */
  static long newContext() {
    try {
      return (long) CONTEXT_NEW.invokeExact();
    } catch (Throwable e) {
      throw Library.impossible(e);
    }
  }

  /** Wipes the key, too. */
  static void freeContext(long context) {
    try {
      CONTEXT_FREE.invokeExact(context);
    } catch (Throwable e) {
      throw Library.impossible(e);
    }
  }

  /** Gives a context its cipher and key. */
  static int init(long context, long cipher, long key, boolean encrypts) {
    try {
      return (int) INIT.invokeExact(context, cipher, NULL, key, NULL, encrypts ? 1 : 0);
    } catch (Throwable e) {
      throw Library.impossible(e);
    }
  }

  // Of packets.

  static int setIv(long context, long iv) {
    try {
      return (int) SET_IV.invokeExact(context, NULL, NULL, NULL, iv, AS_BEFORE);
    } catch (Throwable e) {
      throw Library.impossible(e);
    }
  }

  /**
   * Takes associated data.
   *
   * @param length where libcrypto says how much it has written, here and below
   */
  static int authenticate(long context, long length, MemorySegment data, int bytes) {
    try {
      return (int) UPDATE_FROM_HEAP.invokeExact(context, NULL, length, data, bytes);
    } catch (Throwable e) {
      throw Library.impossible(e);
    }
  }

  /** Encrypts or decrypts. */
  static int update(long context, long out, long length, long in, int bytes) {
    try {
      return (int) UPDATE.invokeExact(context, out, length, in, bytes);
    } catch (Throwable e) {
      throw Library.impossible(e);
    }
  }

  /** Encrypts or decrypts what is on the heap. */
  static int update(long context, MemorySegment out, long length, MemorySegment in, int bytes) {
    try {
      return (int) UPDATE_ON_HEAP.invokeExact(context, out, length, in, bytes);
    } catch (Throwable e) {
      throw Library.impossible(e);
    }
  }

  /** Makes the tag, or compares it; ciphers with a tag write nothing at {@code out}. */
  static int finish(long context, long out, long length) {
    try {
      return (int) FINISH.invokeExact(context, out, length);
    } catch (Throwable e) {
      throw Library.impossible(e);
    }
  }

  static int takeTag(long context, long tag) {
    try {
      return (int) TAG.invokeExact(context, GET_TAG, TAG_BYTES, tag);
    } catch (Throwable e) {
      throw Library.impossible(e);
    }
  }

  static int expectTag(long context, long tag) {
    try {
      return (int) TAG.invokeExact(context, SET_TAG, TAG_BYTES, tag);
    } catch (Throwable e) {
      throw Library.impossible(e);
    }
  }
}
