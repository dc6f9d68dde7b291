import Testing

@testable import Gateway

@Suite struct HTTPPathTests {
    @Test(arguments: [
        ("/", "/", "/"), ("", "/", "/"), ("/a/b", "/a/b", "/a/b"), ("/a/", "/a/", "/a/"),
        ("/a/./b", "/a/b", "/a/b"), ("/a/.", "/a/", "/a/"), ("/a/..", "/", "/"), ("/a/../b/", "/b/", "/b/"),
        ("/a//b", "/a//b", "/a//b"), ("/%7Ea%2D", "/~a-", "/~a-"), ("/%2e/a", "/a", "/a"),
        ("/a/%2E%2e/b", "/b", "/b"),
        ("/a%2fb", "/a%2Fb", "/a/b"), ("/a%20b", "/a%20b", "/a b"), ("/a%", "/a%", "/a%"),
        ("/a%zz", "/a%zz", "/a%zz"),
        ("/%25", "/%25", "/%"), ("/...", "/...", "/..."), ("/é", "/%C3%A9", "/é"),
    ])
    func isNormalized(_ path: String, _ normalized: String, _ decoded: String) {
        let read = HTTPPath(Array(path.utf8)[...])
        #expect(read.normalized == normalized)
        #expect(read.decoded == decoded)
        #expect(!read.climbsOut)
        #expect(HTTPPath(Array(normalized.utf8)[...]).normalized == normalized, "normal form is stable")
    }

    @Test(arguments: [
        "/..", "/../a", "/a/../..", "/%2e%2e/a", "/.%2e", "/a/..%2f..", "/a%2f..%2fb", "/a/%252e%252e",
        "/..\\a",
        "/a%5c..%5cb",
    ])
    func climbsOut(_ path: String) {
        #expect(HTTPPath(Array(path.utf8)[...]).climbsOut)
    }
}
