import HTTPTypes
package import Hummingbird
import Logging
import NIOCore

/// Finds the route, reads the body within its limit, and turns problems into answers.
package struct IngestResponder: HTTPResponder {
    package typealias Context = BasicRequestContext

    let settings: IngestSettings
    let events: EventsRoute
    let webhooks: WebhookRoute
    let health: HealthRoute

    package func respond(to request: Request, context: Context) async throws -> Response {
        do throws(Problem) {
            return try await route(request)
        } catch {
            return error.response
        }
    }

    private func route(_ request: Request) async throws(Problem) -> Response {
        let parts = request.uri.path.split(separator: "/", omittingEmptySubsequences: true)
        switch parts.first {
        case "v1" where parts.count == 2 && parts[1] == "events":
            try require(.post, request)
            let body = try await body(of: request)
            return try await events.respond(headers: request.headers, body: body)
        case "webhooks" where parts.count == 3 && parts[1] == "stripe":
            try require(.post, request)
            let body = try await body(of: request)
            return try await webhooks.respond(
                account: String(parts[2]), headers: request.headers, body: body)
        case "healthz" where parts.count == 2:
            try require(.get, request)
            switch parts[1] {
            case "live": return health.live()
            case "ready": return await health.ready()
            case "startup": return await health.startup()
            default: break
            }
        default: break
        }
        throw .notFound(
            "there is POST /v1/events, POST /webhooks/stripe/{account}, "
                + "GET /healthz/live, /healthz/ready and /healthz/startup")
    }

    private func require(_ method: HTTPRequest.Method, _ request: Request) throws(Problem) {
        guard request.method == method else { throw .methodNotAllowed(method.rawValue) }
    }

    private func body(of request: Request) async throws(Problem) -> [UInt8] {
        let limit = settings.bodyBytesMax
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit {
            throw .bodyTooLarge(length, limit: limit)
        }
        var body: [UInt8] = []
        do {
            for try await part in request.body {
                guard body.count + part.readableBytes <= limit else { throw BodyTooLarge() }
                body.append(contentsOf: part.readableBytesView)
            }
        } catch is BodyTooLarge {
            throw .bodyTooLarge(nil, limit: limit)
        } catch {
            throw .unreadableBody()
        }
        return body
    }

    private struct BodyTooLarge: Error {}
}
