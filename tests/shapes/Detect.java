import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;

/** A Java client as it comes, which asks for an upgrade to HTTP/2: a body of known length, and one in chunks. */
public class Detect {
    public static void main(String[] arguments) throws Exception {
        String url = arguments[0], secretKey = arguments[1];
        byte[] picture = Files.readAllBytes(Path.of(arguments[2]));
        byte[] body = ("{\"image\": {\"bytes\": \"" + Base64.getEncoder().encodeToString(picture) + "\"}}").getBytes();
        HttpClient client = HttpClient.newHttpClient();
        System.out.println(post(client, url, secretKey, BodyPublishers.ofByteArray(body)));
        System.out.println(post(client, url, secretKey, BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body))));
    }

    private static String post(HttpClient client, String url, String secretKey, BodyPublisher body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url))
                .header("Content-Type", "application/json")
                .header("Authorization", secretKey)
                .POST(body)
                .build();
        return client.send(request, BodyHandlers.ofString()).body();
    }
}
