/// A page that needs nothing but itself: the frame that reports share.
struct HTMLPage {
    /// A part of the page with a heading, which the list of contents names.
    struct Section {
        var id: String
        var heading: String
        var content: [HTMLNode]

        init(_ heading: String, id: String, @HTMLBuilder content: () -> [HTMLNode]) {
            self.id = id
            self.heading = heading
            self.content = content()
        }
    }

    var title: String
    /// Below the title.
    var lead: [HTMLNode]
    var sections: [Section]

    /// Nothing may be loaded, run or sent. Styles stand in the page.
    private static let head: StaticString = """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8"/>
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"/>
        <meta name="viewport" content="width=device-width, initial-scale=1"/>
        <meta name="color-scheme" content="light dark"/>
        <meta name="referrer" content="no-referrer"/>

        """

    var text: String {
        var writer = HTMLWriter()
        writer.write(markup: HTMLPage.head)
        writer.write([element(.title) { "\(title) – Gatehouse" }])
        writer.write(markup: "\n<style>\n")
        writer.write(markup: HTMLStylesheet.text)
        writer.write(markup: "</style>\n</head>\n")
        writer.write([body])
        writer.write(markup: "\n</html>\n")
        return writer.text
    }

    private var body: HTMLNode {
        element(.body) {
            element(.a, .class("skip"), .href(toID: "content")) { "Skip to the results" }
            element(.header, .class("top")) {
                element(.p, .class("brand")) { "Gatehouse" }
                element(.h1) { title }
                lead
                element(.nav, .label("Contents")) {
                    element(.ul) {
                        for section in sections {
                            element(.li) { element(.a, .href(toID: section.id)) { section.heading } }
                        }
                    }
                }
            }
            element(.main, .id("content")) {
                for section in sections {
                    element(.section, .id(section.id), .labelledBy("\(section.id)-heading")) {
                        element(.h2, .id("\(section.id)-heading")) { section.heading }
                        section.content
                    }
                }
            }
        }
    }
}
