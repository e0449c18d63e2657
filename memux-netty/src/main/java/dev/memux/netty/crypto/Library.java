package dev.memux.netty.crypto;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The libcrypto of this process: found once, and never let go. */
@SuppressWarnings("restricted")
final class Library {
  /** In OpenSSL 3 and 1.1.1, as the system's loader finds them. */
  private static final List<String> NAMES =
      List.of("libcrypto.so.3", "libcrypto.so.1.1", "libcrypto.3.dylib");

  /** What all of them have, and other libraries of that name may not. */
  private static final List<String> SYMBOLS =
      List.of(
          "OpenSSL_version",
          "OPENSSL_init_crypto",
          "EVP_CIPHER_CTX_new",
          "EVP_CIPHER_CTX_free",
          "EVP_CIPHER_CTX_ctrl",
          "EVP_CipherInit_ex",
          "EVP_CipherUpdate",
          "EVP_CipherFinal_ex",
          "EVP_aes_128_gcm",
          "EVP_aes_256_gcm",
          "EVP_aes_128_ecb",
          "EVP_aes_256_ecb",
          "EVP_chacha20_poly1305",
          "EVP_chacha20");

  private static final Linker.Option CRITICAL = Linker.Option.critical(true);

  private static @Nullable SymbolLookup found;

  private Library() {}

  /**
   * Finds it; to be called before anything else of this package.
   *
   * @param path of the file; empty: the system's
   * @throws UnsupportedOperationException with a reason for people, if there is none that fits
   */
  static synchronized void find(String path) {
    found = lookup(path);
  }

  static SymbolLookup lookup(String path) {
    SymbolLookup lookup = open(path, NAMES, "libcrypto");
    requireSymbols(lookup, path.isEmpty() ? "libcrypto" : path, SYMBOLS);
    return lookup;
  }

  /**
   * Loads a library for good.
   *
   * @param path of the file; empty: the first of {@code names} that the system's loader finds
   * @throws UnsupportedOperationException with a reason for people, if it cannot be loaded
   */
  static SymbolLookup open(String path, List<String> names, String title) {
    if (!Library.class.getModule().isNativeAccessEnabled()) {
      throw new UnsupportedOperationException("native access is not enabled");
    }
    List<String> candidates = path.isEmpty() ? names : List.of(path);
    return candidates.stream()
        .flatMap(name -> load(name).stream())
        .findFirst()
        .orElseThrow(
            () ->
                new UnsupportedOperationException(
                    (path.isEmpty() ? title : path) + " cannot be loaded"));
  }

  static void requireSymbols(SymbolLookup lookup, String name, List<String> symbols) {
    for (String symbol : symbols) {
      if (lookup.find(symbol).isEmpty()) {
        throw new UnsupportedOperationException(name + " has no " + symbol);
      }
    }
  }

  /**
   * @throws UnsupportedOperationException if one is missing in the library that was found
   */
  static void require(List<String> symbols) {
    requireSymbols(known(), "libcrypto", symbols);
  }

  private static Optional<SymbolLookup> load(String nameOrPath) {
    try {
      return Optional.of(SymbolLookup.libraryLookup(nameOrPath, Arena.global()));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static synchronized SymbolLookup known() {
    if (found == null) {
      throw new IllegalStateException("no libcrypto");
    }
    return found;
  }

  static MethodHandle function(String name, MemoryLayout result, MemoryLayout... parameters) {
    return handle(name, FunctionDescriptor.of(result, parameters));
  }

  static MethodHandle procedure(String name, MemoryLayout... parameters) {
    return handle(name, FunctionDescriptor.ofVoid(parameters));
  }

  /** For a function that neither blocks nor takes long; it may be given arrays of the heap. */
  static MethodHandle critical(String name, MemoryLayout result, MemoryLayout... parameters) {
    return handle(name, FunctionDescriptor.of(result, parameters), CRITICAL);
  }

  private static MethodHandle handle(
      String name, FunctionDescriptor type, Linker.Option... options) {
    return Linker.nativeLinker().downcallHandle(known().findOrThrow(name), type, options);
  }

  /** Functions of C throw nothing. */
  static AssertionError impossible(Throwable e) {
    return new AssertionError(e);
  }
}
