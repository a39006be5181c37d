import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A Java client as it comes: gets a token, makes a group with it, revokes it, and tries once more. */
public class Tokens {
    public static void main(String[] arguments) throws Exception {
        String server = arguments[0], id = arguments[1], secret = arguments[2], appKey = arguments[3];
        HttpClient client = HttpClient.newHttpClient(); // asks for an upgrade to HTTP/2 on plain http
        String basic = Base64.getEncoder().encodeToString((id + ":" + secret).getBytes(StandardCharsets.UTF_8));

        String issued = form(client, server + "/oauth2/token/create", basic, "grant_type=client_credentials");
        Matcher found = Pattern.compile("\"access_token\":\\s*\"([^\"]+)\"").matcher(issued);
        if (!found.find()) {
            throw new IllegalStateException(issued);
        }
        String token = found.group(1);
        System.out.println(create(client, server, appKey, token, "from-java"));
        String encoded = URLEncoder.encode(token, StandardCharsets.UTF_8);
        System.out.println("revoked:" + form(client, server + "/oauth2/token/revoke", basic, "token=" + encoded));
        System.out.println(create(client, server, appKey, token, "from-java-again"));
    }

    private static String form(HttpClient client, String url, String basic, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .header("Authorization", "Basic " + basic)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return client.send(request, BodyHandlers.ofString()).body();
    }

    private static String create(HttpClient client, String server, String appKey, String token, String group)
            throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(server + "/v2.1/appkeys/" + appKey + "/groups"))
                .header("Content-Type", "application/json")
                .header("x-nhn-authorization", "Bearer " + token)
                .POST(HttpRequest.BodyPublishers.ofString("{\"groupId\": \"" + group + "\"}"))
                .build();
        return client.send(request, BodyHandlers.ofString()).body();
    }
}
