package dev.memux.gateway;

import dev.memux.http.HttpFields;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** By what a client can tell whether its copy is current (RFC 9110 §8.8). */
record Validators(String entityTag, Instant lastModified) {
  /** The validators of a file: its tag changes with its size and its time. */
  static Validators ofFile(long sizeBytes, Instant modified) {
    String size = Long.toHexString(sizeBytes);
    String seconds = Long.toHexString(modified.getEpochSecond());
    String nanos = Integer.toHexString(modified.getNano());
    return new Validators('"' + size + '-' + seconds + '-' + nanos + '"', modified);
  }

  void addTo(HttpFields fields) {
    fields.add("etag", entityTag);
    fields.add("last-modified", HttpDate.format(lastModified));
  }

  /** Whether the request says that the client has this very content (RFC 9110 §13.2.2). */
  boolean matchedBy(HttpFields request) {
    String tags = request.combined("if-none-match");
    if (tags != null) {
      return tags.strip().equals("*") || lists(tags);
    }
    String since = request.value("if-modified-since");
    @Nullable Instant time = since == null ? null : HttpDate.parse(since);
    return time != null && !lastModified.truncatedTo(ChronoUnit.SECONDS).isAfter(time);
  }

  // RFC 9110 §13.1.2: weak comparison. None of our tags holds a comma.
  private boolean lists(String tags) {
    for (String tag : tags.split(",", -1)) {
      String stripped = tag.strip();
      if (stripped.equals(entityTag) || stripped.equals("W/" + entityTag)) {
        return true;
      }
    }
    return false;
  }
}
