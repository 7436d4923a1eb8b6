// Needs ./singleview, made by: openapi-generator-cli generate --skip-validate-spec -g java --library native -i singleview.yaml -o singleview -p openApiNullable=false,hideGenerationTimestamp=true,invokerPackage=singleview,apiPackage=singleview,modelPackage=singleview
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import singleview.*;

class SingleView {
    public static void main(String[] arguments) throws Exception {
        String baseUrl = System.getenv("SINGLEVIEW_SANDBOX_BASE_URL");
        ApiClient client = new ApiClient();
        client.updateBaseUri(baseUrl);
        try {
            TokenReply reply = new TokenApi(client).generateToken(new TokenRequest()
                    .grantType("client_credentials")
                    .clientId(System.getenv("SINGLEVIEW_SANDBOX_CLIENT_ID"))
                    .clientCode(System.getenv("SINGLEVIEW_SANDBOX_CLIENT_CODE"))
                    .merchantId(System.getenv("SINGLEVIEW_SANDBOX_MERCHANT_ID")));
            if (!Boolean.TRUE.equals(reply.getSuccess())) { // a refusal may be a 200
                System.err.println("singleview: no token, code " + reply.getErrorCode());
                System.exit(1);
            }
            Number told = reply.getPayload().getExpiresIn();
            int life = told == null || told.intValue() <= 0 ? 3600 : told.intValue();

            // The emulator's echo API stands for the API that you want.
            HttpRequest call = HttpRequest.newBuilder(URI.create(baseUrl + "/echo"))
                    .header("Authorization", "Bearer " + reply.getPayload().getAccessToken()).build();
            int status = HttpClient.newHttpClient().send(call, BodyHandlers.discarding()).statusCode();
            System.out.println("singleview: a token for " + life + " s, the API answered " + status);
        } catch (ApiException refused) {
            if (refused.getResponseBody() == null) throw refused; // nobody answered
            ErrorReply reply = client.getObjectMapper().readValue(refused.getResponseBody(), ErrorReply.class);
            System.err.println("singleview: no token, code " + reply.getErrorCode());
            System.exit(1);
        }
    }
}
