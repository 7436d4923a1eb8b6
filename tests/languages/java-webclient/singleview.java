// Needs ./singleview, made by: openapi-generator-cli generate --skip-validate-spec -g java --library webclient -i singleview.yaml -o singleview -p openApiNullable=false,hideGenerationTimestamp=true,invokerPackage=singleview,apiPackage=singleview,modelPackage=singleview
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.springframework.web.reactive.function.client.WebClientResponseException;
import singleview.*;

class SingleView {
    public static void main(String[] arguments) throws Exception {
        String baseUrl = System.getenv("SINGLEVIEW_SANDBOX_BASE_URL");
        ApiClient client = new ApiClient().setBasePath(baseUrl);
        TokenResponse response;
        try {
            response = new TokenApi(client).generateToken(new TokenRequest()
                    .grantType("client_credentials")
                    .clientId(System.getenv("SINGLEVIEW_SANDBOX_CLIENT_ID"))
                    .clientCode(System.getenv("SINGLEVIEW_SANDBOX_CLIENT_CODE"))
                    .merchantId(System.getenv("SINGLEVIEW_SANDBOX_MERCHANT_ID"))).block();
        } catch (WebClientResponseException exception) {
            JsonNode body = new ObjectMapper().readTree(exception.getResponseBodyAsByteArray());
            System.err.println("singleview: no token, code " + body.path("errorCode").asText());
            System.exit(1);
            return;
        }
        if (!Boolean.TRUE.equals(response.getSuccess())) { // a rejection may be a 200
            System.err.println("singleview: no token, code " + response.getErrorCode());
            System.exit(1);
        }
        Number declared = response.getPayload().getExpiresIn();
        int lifetime = declared == null || declared.intValue() <= 0 ? 3600 : declared.intValue();

        // The emulator's echo API stands for the API that you want to use.
        int status = client.getWebClient().get().uri(baseUrl + "/echo").header("Authorization", "Bearer " + response.getPayload().getAccessToken())
                .retrieve().toBodilessEntity().block().getStatusCodeValue();
        System.out.println("singleview: a token for " + lifetime + " s, the API responded with " + status);
    }
}
