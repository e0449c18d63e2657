package dev.memux.gateway;

import dev.memux.http.HttpFields;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Whether a GET or HEAD goes ahead, by what the client says it has (RFC 9110 §13). */
final class Preconditions {
  private Preconditions() {}

  /** What the conditions mean for the answer. */
  enum Outcome {
    PROCEED,
    /** 304: the client has this very content. */
    NOT_MODIFIED,
    /** 412: it is not the content that the client means. */
    FAILED
  }

  /** Weighs the conditions in the order of RFC 9110 §13.2.2; If-Range is not among them. */
  static Outcome evaluate(HttpFields request, Validators current) {
    EntityTag tag = current.entityTag();
    String wanted = request.combined("if-match");
    // §13.1.4: the time does not count where there is a tag.
    if (wanted != null
        ? !lists(wanted, tag::matchesStrongly)
        : isModifiedSince(request.value("if-unmodified-since"), current, false)) {
      return Outcome.FAILED;
    }
    String held = request.combined("if-none-match");
    // §13.1.3: nor here.
    boolean same =
        held != null
            ? lists(held, tag::matchesWeakly)
            : !isModifiedSince(request.value("if-modified-since"), current, true);
    return same ? Outcome.NOT_MODIFIED : Outcome.PROCEED;
  }

  /**
   * Whether a part of the content fits to what the client has of it (RFC 9110 §13.1.5): it must be
   * the same byte for byte.
   *
   * @param dateTells whether the content has no other coding: all may have the same time
   */
  static boolean rangeFits(String ifRange, Validators current, boolean dateTells) {
    EntityTag tag = EntityTag.parse(ifRange);
    if (tag != null) {
      return current.entityTag().matchesStrongly(tag);
    }
    Instant time = HttpDate.parse(ifRange.strip());
    // A client may send a time only if it got the content at least a second later (§8.8.2.2). Had
    // the file changed since, its time would be later too, once it has rested.
    return dateTells
        && !current.entityTag().weak()
        && time != null
        && time.equals(seconds(current.lastModified()));
  }

  /** Whether a list of tags, or the asterisk, names what is there. */
  static boolean lists(String field, Predicate<EntityTag> matches) {
    return field.strip().equals("*") || EntityTag.parseList(field).stream().anyMatch(matches);
  }

  // A time that cannot be read is ignored (RFC 9110 §13.1.3, §13.1.4).
  private static boolean isModifiedSince(
      @Nullable String field, Validators current, boolean otherwise) {
    Instant time = field == null ? null : HttpDate.parse(field.strip());
    return time == null ? otherwise : seconds(current.lastModified()).isAfter(time);
  }

  private static Instant seconds(Instant time) {
    return time.truncatedTo(ChronoUnit.SECONDS);
  }
}
