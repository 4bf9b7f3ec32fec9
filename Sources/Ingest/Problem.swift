import HTTPTypes
import Hummingbird
import NIOCore
import PaymentEvents

/// An answer that says what is wrong and what to do, in the form of RFC 7807.
struct Problem: Error, Sendable {
    var status: HTTPResponse.Status
    /// The last part of `type`; a program decides by it.
    var kind: String
    var title: String
    var detail: String
    var members: [String: JSONValue] = [:]
    var headers: HTTPFields = [:]

    var response: Response {
        var document = members
        document["type"] = .string("urn:clearway:problem:\(kind)")
        document["title"] = .string(title)
        document["status"] = .int(Int64(status.code))
        document["detail"] = .string(detail)
        var headers = headers
        headers[.contentType] = "application/problem+json"
        return Response(status: status, headers: headers, body: .init(json: .object(document)))
    }
}

extension ResponseBody {
    init(json: JSONValue) {
        self.init(byteBuffer: ByteBuffer(bytes: json.canonicalBytes()))
    }
}

extension Problem {
    static func notFound(_ detail: String) -> Problem {
        Problem(status: .notFound, kind: "not-found", title: "Not found", detail: detail)
    }

    static func methodNotAllowed(_ allowed: String) -> Problem {
        Problem(
            status: .methodNotAllowed, kind: "method-not-allowed", title: "Method not allowed",
            detail: "this path takes \(allowed)", headers: [.allow: allowed])
    }

    static func unsupportedMediaType(_ given: String?) -> Problem {
        Problem(
            status: .unsupportedMediaType, kind: "unsupported-media-type",
            title: "Unsupported media type",
            detail: (given == nil ? "the request has no Content-Type" : "this type is not taken")
                + "; send application/json or application/x-ndjson")
    }

    static func bodyTooLarge(_ size: Int?, limit: Int) -> Problem {
        let found = size.map { "the body has \($0) bytes" } ?? "the body is too large"
        return Problem(
            status: .contentTooLarge, kind: "body-too-large", title: "Body too large",
            detail: "\(found), the limit is \(limit) (CLEARWAY_INGEST_BODY_MAX); "
                + "send fewer events at once",
            members: ["limit_bytes": .int(Int64(limit))], headers: [.connection: "close"])
    }

    static func unreadableBody() -> Problem {
        Problem(
            status: .badRequest, kind: "unreadable-body", title: "Unreadable body",
            detail: "the request ended before its body did", headers: [.connection: "close"])
    }

    static func signature(_ error: SignatureError) -> Problem {
        let isExpired =
            switch error {
            case .expired, .inFuture: true
            default: false
            }
        return isExpired
            ? Problem(
                status: .badRequest, kind: "timestamp-out-of-range",
                title: "Timestamp out of range", detail: error.description)
            : Problem(
                status: .unauthorized, kind: "signature", title: "Signature not accepted",
                detail: error.description)
    }

    /// Nothing was acknowledged; sending again is safe.
    static func unavailable(retryAfter seconds: Int = 5) -> Problem {
        Problem(
            status: .serviceUnavailable, kind: "database-unavailable",
            title: "Temporarily unavailable",
            detail: "the events could not be stored and are not accepted; send them again: "
                + "what was accepted after all is answered as a duplicate",
            headers: [.retryAfter: "\(seconds)"])
    }

    static func overloaded() -> Problem {
        Problem(
            status: .serviceUnavailable, kind: "overloaded", title: "Too many requests waiting",
            detail: "more events wait to be stored than fit; send them again later",
            headers: [.retryAfter: "1"])
    }
}
