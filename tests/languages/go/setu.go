// Needs ./setu, made by: openapi-generator-cli generate --skip-validate-spec -g go -i setu.yaml -o setu -p packageName=setu,withGoMod=false
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"

	"example/setu"
)

func main() {
	configuration := setu.NewConfiguration()
	configuration.Servers = setu.ServerConfigurations{{URL: os.Getenv("SETU_SANDBOX_BASE_URL")}}
	client := setu.NewAPIClient(configuration)

	asked := setu.NewTokenRequest(os.Getenv("SETU_SANDBOX_CLIENT_ID"), os.Getenv("SETU_SANDBOX_SECRET"))
	reply, _, err := client.TokenAPI.GenerateToken(context.Background()).TokenRequest(*asked).Execute()

	var failed *setu.GenericOpenAPIError
	if errors.As(err, &failed) {
		refusal, _ := failed.Model().(setu.ErrorReply)
		log.Fatal("setu: no token, code ", refusal.Error.GetCode())
	} else if err != nil {
		log.Fatal("setu: ", err)
	}

	life := reply.Data.GetExpiresIn()
	if life <= 0 {
		life = 1800
	}

	// The emulator's echo API stands for the API that you want.
	request, _ := http.NewRequest("GET", os.Getenv("SETU_SANDBOX_BASE_URL")+"/echo", nil)
	request.Header.Set("Authorization", "Bearer "+reply.Data.Token)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Fatal("setu: ", err)
	}
	fmt.Printf("setu: a token for %d s, the API answered %d\n", life, answer.StatusCode)
}
