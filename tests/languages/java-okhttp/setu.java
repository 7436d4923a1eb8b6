// Needs ./setu, made by: openapi-generator-cli generate --skip-validate-spec -g java --library okhttp-gson -i setu.yaml -o setu -p openApiNullable=false,hideGenerationTimestamp=true,disallowAdditionalPropertiesIfNotPresent=false,invokerPackage=setu,apiPackage=setu,modelPackage=setu
import okhttp3.Request;
import okhttp3.Response;
import setu.*;

class Setu {
    public static void main(String[] arguments) throws Exception {
        String baseUrl = System.getenv("SETU_SANDBOX_BASE_URL");
        ApiClient client = new ApiClient().setBasePath(baseUrl);
        try {
            TokenData token = new TokenApi(client).generateToken(new TokenRequest()
                    .clientID(System.getenv("SETU_SANDBOX_CLIENT_ID"))
                    .secret(System.getenv("SETU_SANDBOX_SECRET"))).getData();
            Integer lifetime = token.getExpiresIn();
            if (lifetime == null || lifetime <= 0) lifetime = 1800;

            // The emulator's echo API stands for the API that you want to use.
            Request apiRequest = new Request.Builder().url(baseUrl + "/echo")
                    .header("Authorization", "Bearer " + token.getToken()).build();
            try (Response apiResponse = client.getHttpClient().newCall(apiRequest).execute()) {
                System.out.println("setu: a token for " + lifetime + " s, the API responded with " + apiResponse.code());
            }
        } catch (ApiException exception) {
            if (exception.getResponseBody() == null) throw exception; // no response
            ErrorResponse response = JSON.getGson().fromJson(exception.getResponseBody(), ErrorResponse.class);
            System.err.println("setu: no token, code " + response.getError().getCode());
            System.exit(1);
        }
    }
}
