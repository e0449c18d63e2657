package dev.memux.gateway;

import dev.memux.http.HttpFields;
import dev.memux.http.RequestHead;
import dev.memux.http.ResponseHead;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a request for a file that exists is answered with: which of its forms, and which parts of
 * it. Nothing is read for it.
 *
 * @param source the form that the parts are of
 * @param body empty where the answer has none
 */
record FileAnswer(ResponseHead head, Representation source, List<BodyPart> body) {
  /** Decides. The method is GET or HEAD. */
  static FileAnswer to(RequestHead request, FileLookup.Found found) {
    HttpFields fields = request.fields();
    // RFC 9110 §14.2: GET is the only method for which ranges mean something.
    String range = request.method().equals("GET") ? fields.combined("range") : null;
    Representation part = range == null ? null : partSource(range, fields, found);
    Representation source = part == null ? preferred(fields, found) : part;
    // RFC 9110 §13.2.2: ranges come last.
    return switch (Preconditions.evaluate(fields, source.validators())) {
      case NOT_MODIFIED -> new FileAnswer(head(304, source, found), source, List.of());
      case FAILED -> refusal(Answers.head(412), source, "the file is not what you expect");
      case PROCEED -> {
        List<ByteRange> ranges =
            range == null || part == null ? null : ByteRanges.parse(range, part.sizeBytes());
        yield ranges == null ? whole(source, found) : ranges(ranges, source, found);
      }
    };
  }

  /** How long the body is. */
  long bodyBytes() {
    long bytes = 0;
    for (BodyPart part : body) {
      bytes += part.sizeBytes();
    }
    return bytes;
  }

  /** The form that the client likes most; among equals the shortest. */
  private static Representation preferred(HttpFields request, FileLookup.Found found) {
    AcceptEncoding accepted = AcceptEncoding.parse(request.combined("accept-encoding"));
    Representation best = found.identity();
    int bestQuality = accepted.quality(ContentCoding.IDENTITY);
    for (Representation coded : found.coded()) {
      int quality = accepted.quality(coded.coding());
      boolean shorter = coded.sizeBytes() < best.sizeBytes();
      if (quality > 0 && (quality > bestQuality || (quality == bestQuality && shorter))) {
        best = coded;
        bestQuality = quality;
      }
    }
    return best;
  }

  /**
   * The form that a range is of: the one that the client says it has a part of, otherwise the
   * content as it is, never by chance a coded one. Null: what the client has is no more, and it
   * gets the whole (RFC 9110 §13.1.5, §14.2).
   */
  private static @Nullable Representation partSource(
      String range, HttpFields request, FileLookup.Found found) {
    if (!ByteRanges.isBytes(range)) {
      return null;
    }
    String ifRange = request.value("if-range");
    if (ifRange != null) {
      boolean dateTells = found.coded().isEmpty();
      return found
          .all()
          .filter(form -> Preconditions.rangeFits(ifRange, form.validators(), dateTells))
          .findFirst()
          .orElse(null);
    }
    String ifMatch = request.combined("if-match");
    return found
        .all()
        .filter(
            form ->
                ifMatch != null
                    && Preconditions.lists(ifMatch, form.validators().entityTag()::matchesStrongly))
        .findFirst()
        .orElse(found.identity());
  }

  private static FileAnswer whole(Representation source, FileLookup.Found found) {
    ResponseHead head = head(200, source, found).with("content-type", found.contentType());
    List<BodyPart> body =
        source.sizeBytes() == 0
            ? List.of()
            : List.of(new BodyPart.FromFile(ByteRange.whole(source.sizeBytes())));
    return withLength(head, source, body);
  }

  private static FileAnswer ranges(
      List<ByteRange> ranges, Representation source, FileLookup.Found found) {
    long sizeBytes = source.sizeBytes();
    if (ranges.isEmpty()) {
      ResponseHead head = Answers.head(416).with("content-range", "bytes */" + sizeBytes);
      return refusal(head, source, "the file has " + sizeBytes + " bytes");
    }
    ResponseHead head = head(206, source, found);
    if (ranges.size() == 1) {
      ByteRange only = ranges.getFirst();
      head.with("content-type", found.contentType()).with("content-range", only.of(sizeBytes));
      return withLength(head, source, List.of(new BodyPart.FromFile(only)));
    }
    String boundary = MultipartRanges.newBoundary();
    head.with("content-type", MultipartRanges.contentType(boundary));
    return withLength(
        head, source, MultipartRanges.body(ranges, found.contentType(), sizeBytes, boundary));
  }

  private static ResponseHead head(int status, Representation source, FileLookup.Found found) {
    ResponseHead head = Answers.head(status);
    source.validators().addTo(head.fields());
    if (!found.coded().isEmpty()) {
      head.with("vary", "accept-encoding"); // RFC 9110 §12.5.5
    }
    if (status != 304) {
      head.with("accept-ranges", "bytes");
      if (source.coding() != ContentCoding.IDENTITY) {
        head.with("content-encoding", source.coding().token());
      }
    }
    return head;
  }

  private static FileAnswer refusal(ResponseHead head, Representation source, String reason) {
    BodyPart.Text text = new BodyPart.Text(head.status() + " " + reason + "\n");
    head.with("content-type", "text/plain; charset=utf-8");
    return withLength(head, source, List.of(text));
  }

  private static FileAnswer withLength(
      ResponseHead head, Representation source, List<BodyPart> body) {
    FileAnswer answer = new FileAnswer(head, source, body);
    head.with("content-length", Long.toString(answer.bodyBytes()));
    return answer;
  }
}
