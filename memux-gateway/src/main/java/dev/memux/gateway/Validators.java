package dev.memux.gateway;

import dev.memux.http.HttpFields;
import java.time.Duration;
import java.time.Instant;

/**
 * By what a client can tell whether its copy is current (RFC 9110 §8.8).
 *
 * @param lastModified not later than the answer is made
 * @param tagText the tag as fields have it, written once for many answers
 * @param dateText and the time
 */
record Validators(EntityTag entityTag, Instant lastModified, String tagText, String dateText) {
  Validators(EntityTag entityTag, Instant lastModified) {
    this(entityTag, lastModified, entityTag.toString(), HttpDate.format(lastModified));
  }

  /**
   * RFC 9110 §8.8.1: a file may change twice between two ticks of the file system's clock and keep
   * its size. The coarsest clock in use ticks every two seconds (FAT); only what has rested for
   * longer has a strong validator.
   */
  static final Duration REST = Duration.ofSeconds(2);

  /**
   * The validators of a file: its tag changes with its size and its time.
   *
   * @param coding how the content is coded: no two codings of a file share a tag (RFC 9110
   *     §8.8.3.3)
   */
  static Validators of(FileVersion version, ContentCoding coding, Instant now) {
    Instant modified = version.modified();
    StringBuilder opaque = new StringBuilder();
    opaque.append(Long.toHexString(version.sizeBytes())).append('-');
    opaque.append(Long.toHexString(modified.getEpochSecond())).append('-');
    opaque.append(Integer.toHexString(modified.getNano()));
    if (coding != ContentCoding.IDENTITY) {
      opaque.append('-').append(coding.token());
    }
    boolean weak = modified.isAfter(now.minus(REST));
    // RFC 9110 §8.8.2.1: a time to come would keep the file from ever looking newer.
    Instant lastModified = modified.isAfter(now) ? now : modified;
    EntityTag tag = new EntityTag(opaque.toString(), weak);
    return new Validators(tag, lastModified);
  }

  void addTo(HttpFields fields) {
    fields.add("etag", tagText);
    fields.add("last-modified", dateText);
  }
}
