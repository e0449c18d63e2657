package dev.memux.gateway;

import dev.memux.http.RequestHead;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides what a request for a path is answered with, from memory where it can. What is in memory
 * was looked for {@link #CHECK_NANOS} ago at most; after that the next request looks again whether
 * it is still what the path names, and has to be. Any thread.
 */
final class FilePreparation {
  /**
   * No answer shows what was changed, replaced, deleted or withdrawn longer ago than this. Looking
   * takes some microseconds of another thread.
   */
  static final long CHECK_NANOS = 100_000_000;

  /**
   * Larger files are always read while they are sent. An answer from memory is written at once, so
   * that a stream that nobody reads from holds no more than one that is read from a file.
   */
  static final int MAX_FILE_BYTES = FileTransfer.MAX_CHUNKS_AHEAD * FileTransfer.FIRST_CHUNK_BYTES;

  /** How often a file that changes while it is being read is looked at anew. */
  private static final int MAX_ATTEMPTS = 3;

  /** How often a request waits for others that look for the same before it looks by itself. */
  private static final int MAX_WAITS = 2;

  /** The largest file that is kept lets others stay in a cache that is small. */
  private static final int MIN_FILES = 8;

  private static final byte[] NOTHING = {};

  private final FileLookup lookup;
  private final FileCache cache;
  private final boolean keeps;
  private final long maxFileBytes;
  private final LongSupplier nanoTime;

  /** Names that somebody is looking for; completed when the cache has what there is to have. */
  private final Map<String, CompletableFuture<Void>> underWay = new ConcurrentHashMap<>();

  private final LongAdder contentsRead = new LongAdder();

  /**
   * @param nanoTime as {@link System#nanoTime}
   */
  FilePreparation(FileLookup lookup, CacheLimits limits, LongSupplier nanoTime) {
    this.lookup = lookup;
    this.nanoTime = nanoTime;
    cache = new FileCache(limits);
    keeps = limits.maxBytes() > 0 && limits.maxFiles() > 0;
    maxFileBytes = Math.min(MAX_FILE_BYTES, limits.maxBytes() / MIN_FILES);
  }

  /** The answer if it is in memory, otherwise null; does not block. */
  PreparedAnswer.@Nullable FromMemory fromMemory(RequestHead request, RequestPath path) {
    CachedFile file = keeps ? cache.get(path.name()) : null;
    return file == null || nanoTime.getAsLong() - file.checkedNanos() > CHECK_NANOS
        ? null
        : fromMemory(request, file);
  }

  /**
   * The answer, from wherever it comes. Blocks.
   *
   * @throws java.nio.file.AccessDeniedException if the file may not be read
   */
  PreparedAnswer prepare(RequestHead request, RequestPath path) throws IOException {
    for (int i = 0; keeps && i < MAX_WAITS; i++) {
      CompletableFuture<Void> mine = new CompletableFuture<>();
      CompletableFuture<Void> other = underWay.putIfAbsent(path.name(), mine);
      if (other == null) {
        try {
          PreparedAnswer found = fromMemory(request, path);
          return found != null ? found : look(request, path);
        } finally {
          underWay.remove(path.name());
          mine.complete(null);
        }
      }
      other.join();
      PreparedAnswer found = fromMemory(request, path);
      if (found != null) {
        return found;
      }
    }
    return look(request, path);
  }

  /** How often the content of a file was read into memory. */
  long contentsRead() {
    return contentsRead.sum();
  }

  FileCache cache() {
    return cache;
  }

  private static PreparedAnswer.@Nullable FromMemory fromMemory(
      RequestHead request, CachedFile file) {
    FileAnswer answer = FileAnswer.to(request, file.found());
    byte[] content = needsContent(request, answer) ? file.bytesOf(answer.source()) : NOTHING;
    return content == null
        ? null
        : new PreparedAnswer.FromMemory(answer, file.found().contentType(), content);
  }

  private static boolean needsContent(RequestHead request, FileAnswer answer) {
    if (!request.method().equals("HEAD")) {
      for (BodyPart part : answer.body()) {
        if (part instanceof BodyPart.FromFile) {
          return true;
        }
      }
    }
    return false;
  }

  private PreparedAnswer look(RequestHead request, RequestPath path) throws IOException {
    for (int i = 0; i < MAX_ATTEMPTS; i++) {
      long checkedNanos = nanoTime.getAsLong();
      FileLookup.Result result = lookup.find(path);
      if (!(result instanceof FileLookup.Found)) {
        cache.remove(path.name());
      }
      switch (result) {
        case FileLookup.Missing missing -> {
          return new PreparedAnswer.Missing();
        }
        case FileLookup.Folder folder -> {
          return new PreparedAnswer.Folder();
        }
        case FileLookup.Found found -> {
          PreparedAnswer answer = answer(request, path, found, checkedNanos);
          if (answer != null) {
            return answer;
          }
        }
      }
    }
    return new PreparedAnswer.Changing();
  }

  /** Null if the file has changed meanwhile. */
  private @Nullable PreparedAnswer answer(
      RequestHead request, RequestPath path, FileLookup.Found found, long checkedNanos)
      throws IOException {
    FileAnswer answer = FileAnswer.to(request, found);
    if (!keeps || !Files.isReadable(found.identity().file())) {
      cache.remove(path.name());
      return open(answer, found);
    }
    Representation source = answer.source();
    CachedFile earlier = cache.get(path.name());
    CachedFile file = new CachedFile(found, contentsStillOf(found, earlier), checkedNanos);
    byte[] content = needsContent(request, answer) ? file.bytesOf(source) : NOTHING;
    if (content == null && isKept(source)) {
      content = read(source);
      if (content == null) {
        return null;
      }
      file = file.with(new CachedFile.Content(source, content));
    }
    cache.put(path.name(), file);
    return content == null
        ? open(answer, found)
        : new PreparedAnswer.FromMemory(answer, found.contentType(), content);
  }

  private static List<CachedFile.Content> contentsStillOf(
      FileLookup.Found found, @Nullable CachedFile earlier) {
    return earlier == null
        ? List.of()
        : earlier.contents().stream()
            .filter(content -> found.all().anyMatch(content::isOf))
            .toList();
  }

  // What has not rested may become something else and look the same.
  private boolean isKept(Representation form) {
    return form.sizeBytes() <= maxFileBytes && !form.validators().entityTag().weak();
  }

  /** All bytes of that form, or null if it has changed meanwhile. */
  private byte @Nullable [] read(Representation form) throws IOException {
    OpenFile file = OpenFile.open(form.file(), form.version());
    if (file == null) {
      return null;
    }
    try {
      byte[] bytes = new byte[(int) form.sizeBytes()];
      file.read(Unpooled.wrappedBuffer(bytes).clear(), 0);
      contentsRead.increment();
      return bytes;
    } catch (ChangedFileException e) {
      return null;
    } finally {
      file.close();
    }
  }

  private static @Nullable PreparedAnswer open(FileAnswer answer, FileLookup.Found found)
      throws IOException {
    Representation source = answer.source();
    OpenFile file = OpenFile.open(source.file(), source.version());
    return file == null ? null : new PreparedAnswer.FromFile(answer, found.contentType(), file);
  }
}
