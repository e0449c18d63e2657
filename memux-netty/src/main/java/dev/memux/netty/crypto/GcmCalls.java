package dev.memux.netty.crypto;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The functions of ipsec-mb for AES-GCM, those for this processor. They neither block nor take
 * long, return nothing, and are given packets on the heap as they are.
 */
@SuppressWarnings("restricted")
final class GcmCalls {
  /** Its ABI is that of major version 1, which the name says. */
  private static final List<String> NAMES = List.of("libIPSec_MB.so.1");

  private static final int MAJOR_VERSION = 1;

  /** {@code struct gcm_key_data}: 15 round keys, 48 powers of the hash key. */
  private static final long KEY_BYTES = 1024;

  private static final long KEY_ALIGNMENT = 64;
  private static final long TAG_BYTES = 16;

  /** Of {@code IMB_MGR}: after the flags. */
  private static final long FEATURES_OFFSET = 8;

  /** Bits of {@code IMB_MGR.features}, of intel-ipsec-mb.h. */
  private static final class Feature {
    static final long AESNI = 1L << 1;
    static final long PCLMULQDQ = 1L << 2;
    static final long AVX2 = 1L << 6;
    static final long AVX512_F_DQ_CD_BW_VL = 0x1fL << 7;
    static final long VAES = 1L << 12;
    static final long VPCLMULQDQ = 1L << 13;

    private Feature() {}
  }

  /** The variants that are worth it, the best first: how functions end, and what they need. */
  private enum Variant {
    VAES_AVX512(
        "_vaes_avx512",
        Feature.AESNI
            | Feature.PCLMULQDQ
            | Feature.AVX2
            | Feature.AVX512_F_DQ_CD_BW_VL
            | Feature.VAES
            | Feature.VPCLMULQDQ),
    AVX2("_avx_gen4", Feature.AESNI | Feature.PCLMULQDQ | Feature.AVX2);

    final String suffix;
    final long needed;

    Variant(String suffix, long needed) {
      this.suffix = suffix;
      this.needed = needed;
    }
  }

  /** What was found, for as long as the process lives. */
  private record Found(SymbolLookup library, Variant variant, String version) {}

  private static @Nullable Found found;

  private GcmCalls() {}

  /**
   * Finds the library; to be called before anything else of this class.
   *
   * @param path of the file; empty: the system's
   * @throws UnsupportedOperationException with a reason for people, if there is none that fits
   */
  static synchronized void find(String path) {
    SymbolLookup library = Library.open(path, NAMES, "ipsec-mb");
    Library.requireSymbols(
        library,
        "ipsec-mb",
        List.of(
            "imb_get_version",
            "imb_get_version_str",
            "alloc_mb_mgr",
            "init_mb_mgr_auto",
            "free_mb_mgr"));
    try {
      long number = (int) function(library, "imb_get_version", JAVA_INT).invokeExact();
      if (number >>> 16 != MAJOR_VERSION) {
        throw new UnsupportedOperationException("ipsec-mb is not 1.x, but " + (number >>> 16));
      }
      MemorySegment version =
          (MemorySegment) function(library, "imb_get_version_str", ADDRESS).invokeExact();
      String text = version.reinterpret(Long.MAX_VALUE).getString(0).split("-", 2)[0];
      found = new Found(library, variant(library), text);
    } catch (UnsupportedOperationException e) {
      throw e;
    } catch (Throwable e) {
      throw Library.impossible(e);
    }
  }

  private static MethodHandle function(SymbolLookup library, String name, MemoryLayout result) {
    return Linker.nativeLinker()
        .downcallHandle(library.findOrThrow(name), FunctionDescriptor.of(result));
  }

  private static Variant variant(SymbolLookup library) throws Throwable {
    long features = features(library);
    for (Variant variant : Variant.values()) {
      if ((features & variant.needed) == variant.needed
          && library.find("aes_gcm_enc_128" + variant.suffix).isPresent()) {
        return variant;
      }
    }
    throw new UnsupportedOperationException(
        "ipsec-mb has nothing for this processor (features %x)".formatted(features));
  }

  /** What the library has found out about the processor. */
  private static long features(SymbolLookup library) throws Throwable {
    Linker linker = Linker.nativeLinker();
    MethodHandle allocate =
        linker.downcallHandle(
            library.findOrThrow("alloc_mb_mgr"), FunctionDescriptor.of(ADDRESS, JAVA_LONG));
    MethodHandle initialize =
        linker.downcallHandle(
            library.findOrThrow("init_mb_mgr_auto"), FunctionDescriptor.ofVoid(ADDRESS, JAVA_LONG));
    MethodHandle free =
        linker.downcallHandle(
            library.findOrThrow("free_mb_mgr"), FunctionDescriptor.ofVoid(ADDRESS));
    MemorySegment manager = (MemorySegment) allocate.invokeExact(0L);
    if (manager.address() == 0) {
      throw new UnsupportedOperationException("ipsec-mb has no memory");
    }
    try {
      initialize.invokeExact(manager, 0L);
      return manager.reinterpret(FEATURES_OFFSET + Long.BYTES).get(JAVA_LONG, FEATURES_OFFSET);
    } finally {
      free.invokeExact(manager);
    }
  }

  private static synchronized Found known() {
    if (found == null) {
      throw new IllegalStateException("no ipsec-mb");
    }
    return found;
  }

  static String version() {
    return known().version();
  }

  /** Linked when first used. */
  private static final class Linked {
    static final MethodHandle EXPAND_128 = expand("aes_gcm_pre_128");
    static final MethodHandle EXPAND_256 = expand("aes_gcm_pre_256");
    static final MethodHandle ENCRYPT_128 = crypt("aes_gcm_enc_128");
    static final MethodHandle ENCRYPT_256 = crypt("aes_gcm_enc_256");
    static final MethodHandle DECRYPT_128 = crypt("aes_gcm_dec_128");
    static final MethodHandle DECRYPT_256 = crypt("aes_gcm_dec_256");

    static final MethodHandle ALLOCATE =
        libc("aligned_alloc", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG));
    static final MethodHandle FREE = libc("free", FunctionDescriptor.ofVoid(JAVA_LONG));

    private Linked() {}

    private static MethodHandle expand(String name) {
      return handle(name, FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG));
    }

    /** Key, context, out, in, length, IV, associated data, its length, tag, its length. */
    private static MethodHandle crypt(String name) {
      return handle(
          name,
          FunctionDescriptor.ofVoid(
              JAVA_LONG, JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG,
              JAVA_LONG, JAVA_LONG));
    }

    private static MethodHandle handle(String name, FunctionDescriptor type) {
      Found known = known();
      return Linker.nativeLinker()
          .downcallHandle(
              known.library().findOrThrow(name + known.variant().suffix),
              type,
              Linker.Option.critical(true));
    }

    private static MethodHandle libc(String name, FunctionDescriptor type) {
      Linker linker = Linker.nativeLinker();
      return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type);
    }
  }

  /** Memory for a key; 0 if there is none. */
  static long newKey() {
    try {
      return (long) Linked.ALLOCATE.invokeExact(KEY_ALIGNMENT, KEY_BYTES);
    } catch (Throwable e) {
      throw Library.impossible(e);
    }
  }

  /** Wipes the key, too. */
  static void freeKey(long key) {
    MemorySegment.ofAddress(key).reinterpret(KEY_BYTES).fill((byte) 0);
    try {
      Linked.FREE.invokeExact(key);
    } catch (Throwable e) {
      throw Library.impossible(e);
    }
  }

  /** Sets {@code key} up for the 16 bytes, or 32, at {@code raw}. */
  static void expand(boolean longKey, long raw, long key) {
    try {
      if (longKey) {
        Linked.EXPAND_256.invokeExact(raw, key);
      } else {
        Linked.EXPAND_128.invokeExact(raw, key);
      }
    } catch (Throwable e) {
      throw Library.impossible(e);
    }
  }

  static void encrypt(
      boolean longKey,
      long key,
      long context,
      MemorySegment out,
      MemorySegment in,
      long bytes,
      long iv,
      MemorySegment header,
      long headerBytes,
      long tag) {
    try {
      if (longKey) {
        Linked.ENCRYPT_256.invokeExact(
            key, context, out, in, bytes, iv, header, headerBytes, tag, TAG_BYTES);
      } else {
        Linked.ENCRYPT_128.invokeExact(
            key, context, out, in, bytes, iv, header, headerBytes, tag, TAG_BYTES);
      }
    } catch (Throwable e) {
      throw Library.impossible(e);
    }
  }

  /** As {@link #encrypt}; the tag is what it should have been. */
  static void decrypt(
      boolean longKey,
      long key,
      long context,
      MemorySegment out,
      MemorySegment in,
      long bytes,
      long iv,
      MemorySegment header,
      long headerBytes,
      long tag) {
    try {
      if (longKey) {
        Linked.DECRYPT_256.invokeExact(
            key, context, out, in, bytes, iv, header, headerBytes, tag, TAG_BYTES);
      } else {
        Linked.DECRYPT_128.invokeExact(
            key, context, out, in, bytes, iv, header, headerBytes, tag, TAG_BYTES);
      }
    } catch (Throwable e) {
      throw Library.impossible(e);
    }
  }
}
